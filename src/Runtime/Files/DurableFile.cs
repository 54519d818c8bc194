using Microsoft.Win32.SafeHandles;

namespace ModelDsl.Files;

/// <summary>
/// A file that appears whole or not at all: written beside its target, flushed to the disk, renamed over the target, the
/// directory flushed too. A process killed at any moment leaves the old target or the new one.
/// </summary>
internal sealed class DurableFile : IDisposable
{
    private const string Suffix = ".saving";
    private static int created;

    private readonly string target;
    private readonly string directory;
    private readonly string temporary;
    private readonly long bytes;
    private SafeFileHandle? handle;

    /// <summary>Starts a file that will replace <paramref name="path"/>.</summary>
    /// <param name="path">The target. A symbolic link is followed: what it points at is replaced.</param>
    /// <param name="bytes">The final size if known: it is reserved at once, so that a full disk is noticed before anything is written.</param>
    /// <exception cref="IOException">The file cannot be made; the message says which and why.</exception>
    public DurableFile(string path, long bytes = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        target = Path.GetFullPath(path);
        if (new FileInfo(target) is { LinkTarget: not null } link) target = link.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        directory = Path.GetDirectoryName(target) ?? throw new IOException($"'{path}' is a directory, not a file to save to.");
        if (!Directory.Exists(directory)) throw new DirectoryNotFoundException($"Could not save '{target}': the folder '{directory}' does not exist.");
        if (Directory.Exists(target)) throw new IOException($"Could not save '{target}': it is a directory, not a file.");
        this.bytes = bytes;
        string name = Path.GetFileName(target);
        RemoveLeftovers(name);
        // Not every file system can reserve space, so what is free is asked, too.
        if (bytes > FileSystem.FreeBytes(directory)) throw Explain(null);
        temporary = Path.Combine(directory, $"{name}.{Environment.ProcessId:x}-{Interlocked.Increment(ref created):x}{Suffix}");
        try
        {
            handle = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, bytes);
        }
        catch (IOException exception)
        {
            throw Explain(exception);
        }
    }

    /// <summary>Writes at a position.</summary>
    /// <exception cref="IOException">The disk is full or fails; the target is unchanged.</exception>
    public void Write(ReadOnlySpan<byte> data, long position)
    {
        ObjectDisposedException.ThrowIf(handle is null, this);
        try
        {
            RandomAccess.Write(handle, data, position);
        }
        catch (IOException exception)
        {
            throw Explain(exception);
        }
    }

    /// <summary>Makes the file permanent under its name.</summary>
    /// <exception cref="IOException">The disk is full or fails, or the target is held open by another program on Windows; the target is unchanged.</exception>
    public void Commit()
    {
        ObjectDisposedException.ThrowIf(handle is null, this);
        try
        {
            RandomAccess.FlushToDisk(handle);
            handle.Dispose();
            handle = null;
            FileSystem.Replace(temporary, target);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Discard();
            throw Explain(exception);
        }

        FileSystem.FlushDirectory(directory);
    }

    /// <summary>Removes the temporary file unless it was committed.</summary>
    public void Dispose()
    {
        if (handle is not null) Discard();
    }

    private void Discard()
    {
        handle?.Dispose();
        handle = null;
        TryDelete(temporary);
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Tidying must not hide the error that led here; the next save tries again.
        }
    }

    // What a killed process left: files of this target's pattern that nobody holds open.
    private void RemoveLeftovers(string name)
    {
        foreach (string path in Directory.EnumerateFiles(directory))
        {
            ReadOnlySpan<char> other = Path.GetFileName(path.AsSpan());
            if (other.Length <= name.Length + Suffix.Length || !other.StartsWith(name, StringComparison.Ordinal) || other[name.Length] != '.' || !other.EndsWith(Suffix, StringComparison.Ordinal)) continue;
            if (!IsOwnPattern(other[(name.Length + 1)..^Suffix.Length])) continue;
            try
            {
                using (File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.None)) { }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                continue;
            }

            TryDelete(path);
        }
    }

    private static bool IsOwnPattern(ReadOnlySpan<char> middle)
    {
        int dash = middle.IndexOf('-');
        return dash > 0 && dash < middle.Length - 1 && !middle[..dash].ContainsAnyExcept(HexDigits) && !middle[(dash + 1)..].ContainsAnyExcept(HexDigits);
    }

    private static ReadOnlySpan<char> HexDigits => "0123456789abcdef";

    private IOException Explain(Exception? exception)
    {
        string size = bytes > 0 ? $" ({bytes:N0} bytes)" : "";
        string advice = exception is null || FileSystem.IsDiskFull(exception) || bytes > 0 && FileSystem.FreeBytes(directory) < bytes
            ? $"The disk is full: {FileSystem.FreeBytes(directory):N0} bytes are free in '{directory}'. Free some, or save elsewhere."
            : exception.Message;
        return new IOException($"Could not save '{target}'{size}. {advice} A file that was there before is unchanged.", exception);
    }
}
