namespace TinyLmExample;

/// <summary>The output folder while a run has it for itself: two runs would replace each other's checkpoint.</summary>
internal sealed class OutputFolder : IDisposable
{
    private const int WindowsSharingViolation = unchecked((int)0x80070020);
    private static readonly int WouldBlock = OperatingSystem.IsMacOS() ? 35 : 11; // EWOULDBLOCK

    private readonly FileStream held;

    private OutputFolder(FileStream held) => this.held = held;

    /// <summary>Makes the folder if need be and locks it; the system unlocks it however the process ends.</summary>
    /// <exception cref="IOException">The folder cannot be made or used, or another run has it; the message says what to do.</exception>
    public static OutputFolder Take(Settings settings)
    {
        string path = settings.Output, file = Path.Combine(path, ".lock");
        FileStream? held = null;
        try
        {
            Directory.CreateDirectory(path);
            held = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            CheckTargets(settings);
            return new OutputFolder(held);
        }
        catch (IOException exception) when (held is null && exception.HResult is var error && (error == WindowsSharingViolation || error == WouldBlock))
        {
            throw new IOException($"Another run is writing to the folder '{path}': wait for it, or choose another with --out.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            held?.Dispose();
            string reason = FileOnTheWay(path) is { } inTheWay ? $"'{inTheWay}' is a file. Choose another with --out." : $"{exception.Message} Another is chosen with --out.";
            throw new IOException($"The folder '{path}' (--out) cannot be used: {reason}", exception);
        }
    }

    /// <summary>Unlocks it.</summary>
    public void Dispose() => held.Dispose();

    // What the run will write after its training is tried before.
    private static void CheckTargets(Settings settings)
    {
        foreach (string target in new[] { settings.CheckpointPath, settings.CurvePath })
        {
            if (Directory.Exists(target)) throw new IOException($"'{target}' is a folder, where this run is to write a file: remove it.");
        }

        if (!OperatingSystem.IsWindows() && settings.ContinuesInPlace && File.Exists(settings.CheckpointPath)
            && (File.GetUnixFileMode(settings.CheckpointPath) & (UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) == 0)
        {
            throw new IOException($"'{settings.CheckpointPath}' is read-only: make it writable.");
        }
    }

    private static string? FileOnTheWay(string path)
    {
        string? current = Path.GetFullPath(path);
        while (current is not null && !Directory.Exists(current) && !File.Exists(current)) current = Path.GetDirectoryName(current);
        return File.Exists(current) ? current : null;
    }
}
