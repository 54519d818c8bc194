using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace ModelDsl.Files;

/// <summary>
/// A file that appears whole or not at all: written beside its target, flushed to the disk, renamed over the target, the
/// directory flushed too. A process killed at any moment leaves the old target or the new one.
/// </summary>
/// <remarks>
/// Until the rename the temporary file is locked, and only a file that nobody has locked is tidied away, while the tidier holds the lock
/// itself. Several processes may so save to the same target at once: the last one to finish wins. Where locks do nothing (some network file
/// systems, or DOTNET_SYSTEM_IO_DISABLEFILELOCKING), the process that the name tells of must have ended, or the file be a day old.
/// </remarks>
internal sealed class DurableFile : IDisposable
{
    private const string Suffix = ".saving";
    private const int Attempts = 10;
    private const UnixFileMode AnyoneWrites = UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private static readonly TimeSpan LongestSave = TimeSpan.FromDays(1);
    private static readonly DateTime Began = DateTime.UtcNow.AddSeconds(-1); // of this process's saves; file systems round times down
    private static int created;

    private readonly string target;
    private readonly string directory;
    private readonly string temporary;
    private readonly long bytes;
    private SafeFileHandle? handle;

    /// <summary>Starts a file that will replace <paramref name="path"/>.</summary>
    /// <param name="path">The target. A symbolic link is followed: what it points at is replaced. On Unix the new file has the permissions of the old one.</param>
    /// <param name="bytes">The final size if known: it is reserved at once, so that a full disk is noticed before anything is written.</param>
    /// <exception cref="IOException">The file cannot be made; the message says which and why.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written, or the target is read-only.</exception>
    public DurableFile(string path, long bytes = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        target = Path.GetFullPath(path);
        if (new FileInfo(target) is { LinkTarget: not null } link) target = Resolve(link);
        directory = Path.GetDirectoryName(target) ?? throw new IOException($"'{path}' is a directory, not a file to save to.");
        if (!Directory.Exists(directory)) throw new DirectoryNotFoundException($"Could not save '{target}': the folder '{directory}' does not exist.");
        if (Directory.Exists(target)) throw new IOException($"Could not save '{target}': it is a directory, not a file.");
        if (FileSystem.Special(target) is { } kind) throw new IOException($"Could not save '{target}': it is {kind}, not a regular file.");
        if (IsReadOnly(target)) throw new UnauthorizedAccessException($"Could not save '{target}': the file is read-only. Make it writable, remove it, or save elsewhere.");
        this.bytes = bytes;
        RemoveLeftovers(directory, Path.GetFileName(target));
        // Not every file system can reserve space, so what is free is asked, too.
        if (bytes > FileSystem.FreeBytes(directory)) throw Explain(null, bytes);
        (temporary, handle) = Create();
        try
        {
            CopyPermissions(handle);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Discard();
            throw Explain(exception, bytes);
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
        catch (Exception exception) when (exception is IOException or ArgumentOutOfRangeException)
        {
            throw Explain(exception, data.Length);
        }
    }

    /// <summary>Makes the file permanent under its name.</summary>
    /// <exception cref="IOException">
    /// The disk is full or fails, or the target is held open by another program on Windows; the target is unchanged. Or the target is
    /// replaced, but the disk failed to record its name: the message tells the two apart.
    /// </exception>
    public void Commit()
    {
        ObjectDisposedException.ThrowIf(handle is null, this);
        try
        {
            RandomAccess.FlushToDisk(handle);
            FileSystem.Replace(temporary, target);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            IOException explained = Explain(exception, Math.Max(bytes, 1)); // what is free is asked before the temporary file makes room
            Discard();
            throw explained;
        }

        handle.Dispose(); // only now: without the lock another process could take the file for a leftover
        handle = null;
        try
        {
            FileSystem.FlushDirectory(directory);
        }
        catch (IOException exception)
        {
            throw new IOException(
                $"'{target}' is saved and in its place, but flushing the folder '{directory}' failed: {exception.Message}. A power loss now could bring the previous version back. Check the disk and save again.",
                exception);
        }
    }

    /// <summary>Removes the temporary file unless it was committed.</summary>
    public void Dispose()
    {
        if (handle is not null) Discard();
    }

    private (string, SafeFileHandle) Create()
    {
        for (int attempt = 1; ; attempt++)
        {
            string path = Path.Combine(directory, $"{Path.GetFileName(target)}.{Environment.ProcessId:x}-{Interlocked.Increment(ref created):x}{Suffix}");
            try
            {
                // On Unix what is shared means a shared lock, which readers of the renamed file do not notice; a lock needs reading on some network file systems.
                SafeFileHandle made = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, FileOptions.None, bytes);
                if (File.Exists(path) || attempt == Attempts) return (path, made);
                made.Dispose(); // another process took it for a leftover before it was locked
            }
            catch (IOException exception)
            {
                // The name may be that of an earlier process of this number, or another process looks whether the new file is a leftover.
                if (attempt == Attempts || !File.Exists(path) && !FileSystem.IsSharingViolation(exception)) throw Explain(exception, Math.Max(bytes, 1));
            }
            catch (UnauthorizedAccessException exception)
            {
                throw new UnauthorizedAccessException($"Could not save '{target}': the folder '{directory}' may not be written. Change its permissions, or save elsewhere.", exception);
            }
        }
    }

    private static string Resolve(FileInfo link)
    {
        try
        {
            return link.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"Could not save '{link.FullName}': it is a symbolic link that cannot be followed, {exception.Message.TrimEnd('.')}. Remove it, or save elsewhere.", exception);
        }
    }

    // Renaming over a file asks for no right to write it, so who made it read-only must be asked for here. For root, too, whom no permission stops.
    private static bool IsReadOnly(string path) => File.Exists(path)
        && (OperatingSystem.IsWindows() ? File.GetAttributes(path).HasFlag(FileAttributes.ReadOnly) : (File.GetUnixFileMode(path) & AnyoneWrites) == 0);

    // Set before anything is written: what only its owner may read is so in the temporary file, too.
    private void CopyPermissions(SafeFileHandle made)
    {
        if (OperatingSystem.IsWindows() || !File.Exists(target)) return;
        UnixFileMode mode = File.GetUnixFileMode(target);
        if (File.GetUnixFileMode(made) != mode) File.SetUnixFileMode(made, mode);
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

    // What a killed process left: files of this target's pattern that nobody has locked or can still be writing. Whatever fails here is no reason not to save.
    private static void RemoveLeftovers(string directory, string name)
    {
        try
        {
            foreach (string path in Directory.EnumerateFiles(directory))
            {
                if (WriterOf(Path.GetFileName(path.AsSpan()), name) is { } process && !IsBeingWritten(path, process)) RemoveUnlessLocked(path);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A folder that may be written but not listed.
        }
    }

    private static void RemoveUnlessLocked(string path)
    {
        try
        {
            // Deleted while it is locked: whoever has just made it finds it gone and makes another.
            FileOptions deleting = OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None;
            using SafeFileHandle locked = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, deleting);
            if (!OperatingSystem.IsWindows()) File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another process is saving to it, or has removed it.
        }
    }

    // A file of this process's number may be of an earlier one that had it: in a container every process can be the first.
    private static bool IsBeingWritten(string path, int process)
    {
        DateTime written = File.GetLastWriteTimeUtc(path);
        if (DateTime.UtcNow - written > LongestSave) return false;
        return process == Environment.ProcessId ? written >= Began : FileSystem.IsRunning(process);
    }

    // The process whose temporary file of this target it is; null for other files.
    private static int? WriterOf(ReadOnlySpan<char> file, string name)
    {
        if (file.Length <= name.Length + Suffix.Length || !file.StartsWith(name, StringComparison.Ordinal) || file[name.Length] != '.' || !file.EndsWith(Suffix, StringComparison.Ordinal)) return null;
        ReadOnlySpan<char> middle = file[(name.Length + 1)..^Suffix.Length];
        int dash = middle.IndexOf('-');
        if (dash <= 0 || dash == middle.Length - 1 || middle[(dash + 1)..].ContainsAnyExcept(HexDigits) || middle[..dash].ContainsAnyExcept(HexDigits)) return null;
        return int.TryParse(middle[..dash], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int process) && process > 0 ? process : null;
    }

    private static ReadOnlySpan<char> HexDigits => "0123456789abcdef";

    // Without an exception: less is free than is needed.
    private IOException Explain(Exception? exception, long needed)
    {
        string size = bytes > 0 ? $" ({bytes:N0} bytes)" : "";
        string reason = exception is null ? FileSystem.DiskFull(directory, needed) : FileSystem.Explain(exception, directory, needed);
        return new IOException($"Could not save '{target}'{size}. {reason} A file that was there before is unchanged.", exception);
    }
}
