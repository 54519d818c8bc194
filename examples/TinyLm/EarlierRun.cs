namespace TinyLmExample;

/// <summary>What an earlier run left in the output folder and this one would replace without continuing it: renamed, never lost.</summary>
internal sealed class EarlierRun : IDisposable
{
    private readonly string checkpoint;
    private readonly List<(string Path, string Kept)> files = [];

    private EarlierRun(string checkpoint) => this.checkpoint = checkpoint;

    /// <summary>Renames checkpoint and loss curve to <c>checkpoint-1.safetensors</c> and <c>loss-1.png</c>, or the next free number, and says so.</summary>
    public static EarlierRun Keep(Settings settings)
    {
        EarlierRun earlier = new(settings.CheckpointPath);
        if (settings.ContinuesInPlace || !File.Exists(settings.CheckpointPath)) return earlier;
        string[] paths = [settings.CheckpointPath, settings.CurvePath];
        int number = 1;
        while (paths.Any(path => File.Exists(Numbered(path, number)))) number++;
        foreach (string path in paths.Where(File.Exists))
        {
            File.Move(path, Numbered(path, number));
            earlier.files.Add((path, Numbered(path, number)));
        }

        Console.WriteLine($"The checkpoint of an earlier run is kept as '{Numbered(settings.CheckpointPath, number)}'; --resume with its path continues it");
        return earlier;
    }

    /// <summary>Names the files as before if this run saved no checkpoint.</summary>
    public void Dispose()
    {
        if (files.Count == 0 || File.Exists(checkpoint)) return;
        foreach ((string path, string kept) in files) File.Move(kept, path);
        Console.WriteLine($"No checkpoint was written: that of the earlier run is '{checkpoint}' again");
    }

    private static string Numbered(string path, int number)
        => Path.Combine(Path.GetDirectoryName(path)!, $"{Path.GetFileNameWithoutExtension(path)}-{number}{Path.GetExtension(path)}");
}
