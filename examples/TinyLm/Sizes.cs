using ModelDsl;
using ModelDsl.Checkpoints;

namespace TinyLmExample;

/// <summary>The models to choose from with <c>--size</c>.</summary>
internal static class Sizes
{
    /// <summary>The one without <c>--size</c>.</summary>
    public const string Default = "tiny";

    /// <summary>Each name with its model and how to train it.</summary>
    public static readonly (string Name, string Model, Func<Settings, CancellationToken, bool> Run)[] All =
    [
        ("nano", nameof(NanoLm), Session<NanoLm>.Run),
        ("tiny", nameof(TinyLm), Session<TinyLm>.Run),
        ("small", nameof(SmallLm), Session<SmallLm>.Run),
    ];

    /// <summary>Opens the checkpoint to continue from, so that a wrong one is told before the work begins.</summary>
    /// <exception cref="IOException">It cannot be read or is not a checkpoint.</exception>
    /// <exception cref="InvalidDataException">It is of another size.</exception>
    public static void Check(Settings settings)
    {
        if (settings.Resume is not { } path) return;
        using SafetensorsFile file = Open(path);
        file.Metadata.TryGetValue(Checkpoint.ModelKey, out string? model);
        if (All.FirstOrDefault(size => size.Model == model) is not { Name: { } name } || name == settings.Size) return;
        throw new InvalidDataException($"The checkpoint '{path}' is of --size {name} and does not fit the model '{All.First(size => size.Name == settings.Size).Model}' of --size {settings.Size}: give --size {name}.");
    }

    private static SafetensorsFile Open(string path)
    {
        try
        {
            return SafetensorsFile.Open(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FileNotFoundException($"There is no checkpoint '{path}' to continue (--resume): give the path of one, or leave out --resume to begin anew.", path, exception);
        }
    }
}
