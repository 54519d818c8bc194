namespace TinyLmExample;

/// <summary>The output folder while a run has it for itself: two runs would replace each other's checkpoint.</summary>
internal sealed class OutputFolder : IDisposable
{
    private readonly FileStream held;

    private OutputFolder(FileStream held) => this.held = held;

    /// <summary>Makes the folder if need be and locks it; the system unlocks it however the process ends.</summary>
    /// <exception cref="IOException">The folder cannot be made, or another run has it.</exception>
    public static OutputFolder Take(string path)
    {
        Directory.CreateDirectory(path);
        string file = Path.Combine(path, ".lock");
        try
        {
            return new OutputFolder(new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException exception) when (File.Exists(file))
        {
            throw new IOException($"Another run is writing to the folder '{path}': wait for it, or choose another with --out.", exception);
        }
    }

    /// <summary>Unlocks it.</summary>
    public void Dispose() => held.Dispose();
}
