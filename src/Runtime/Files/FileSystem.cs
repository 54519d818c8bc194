using System.Runtime.InteropServices;

namespace ModelDsl.Files;

/// <summary>What a durable save needs from the operating system and .NET does not offer.</summary>
internal static partial class FileSystem
{
    private const int NoSpace = 28;                                  // ENOSPC, on Linux and macOS
    private const int InvalidArgument = 22;                          // EINVAL: a file system that cannot flush directories
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    private const uint ReplaceExisting = 1, WriteThrough = 8;

    /// <summary>Renames over an existing file, atomically.</summary>
    public static void Replace(string source, string target)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.Move(source, target, overwrite: true);
            return;
        }

        if (!MoveFile(source, target, ReplaceExisting | WriteThrough))
            throw new IOException(Marshal.GetLastPInvokeErrorMessage(), Marshal.GetHRForLastWin32Error());
    }

    /// <summary>Makes a rename in a directory survive a power loss. On Windows writing through in <see cref="Replace"/> does it.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
    public static void FlushDirectory(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        int descriptor = Open(path, 0);
        if (descriptor < 0) return; // A directory that may be written but not read; the rename itself has succeeded.
        int failed = Flush(descriptor);
        int error = failed != 0 ? Marshal.GetLastPInvokeError() : 0;
        _ = Close(descriptor);
        if (error is not 0 and not InvalidArgument && error != (OperatingSystem.IsMacOS() ? 45 : 95)) // ENOTSUP
            throw new IOException($"Could not flush the directory '{path}': {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    /// <summary>Whether an error says that the disk, or the user's quota of it, is used up.</summary>
    public static bool IsDiskFull(Exception exception)
        => exception.HResult is NoSpace or WindowsDiskFull or WindowsHandleDiskFull || exception.HResult == (OperatingSystem.IsMacOS() ? 69 : 122); // EDQUOT

    /// <summary>Bytes this user may still write in a directory; <see cref="long.MaxValue"/> where the system does not tell.</summary>
    public static long FreeBytes(string directory)
    {
        try
        {
            return new DriveInfo(directory).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return long.MaxValue;
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Flush(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("kernel32", EntryPoint = "MoveFileExW", StringMarshalling = StringMarshalling.Utf16, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool MoveFile(string source, string target, uint flags);
}
