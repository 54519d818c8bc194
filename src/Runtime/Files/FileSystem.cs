using System.Runtime.InteropServices;

namespace ModelDsl.Files;

/// <summary>What a durable save needs from the operating system and .NET does not offer.</summary>
internal static partial class FileSystem
{
    // Error numbers that Linux and macOS share, unless they say otherwise.
    private const int NoProcess = 3;                                 // ESRCH
    private const int InputOutput = 5;                               // EIO
    private const int InvalidArgument = 22;                          // EINVAL: a file system that cannot flush directories
    private const int TooLarge = 27;                                 // EFBIG
    private const int NoSpace = 28;                                  // ENOSPC
    private const int ReadOnly = 30;                                 // EROFS
    private static readonly int WouldBlock = OperatingSystem.IsMacOS() ? 35 : 11;    // EWOULDBLOCK
    private static readonly int NotSupported = OperatingSystem.IsMacOS() ? 45 : 95;  // ENOTSUP
    private static readonly int QuotaExceeded = OperatingSystem.IsMacOS() ? 69 : 122; // EDQUOT
    private const int WindowsSharingViolation = unchecked((int)0x80070020);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const uint ReplaceExisting = 1, WriteThrough = 8;
    private const int CurrentDirectory = -100;                       // AT_FDCWD, on Linux
    private const uint TypeWanted = 1;                               // STATX_TYPE
    private const int TypeMask = 0xF000;                             // S_IFMT

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
        if (error is not 0 and not InvalidArgument && error != NotSupported)
            throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);
    }

    /// <summary>Whether an error says that another process has locked the file.</summary>
    public static bool IsSharingViolation(IOException exception) => exception.HResult == WindowsSharingViolation || exception.HResult == WouldBlock;

    /// <summary>Whether a process of this number runs; false on Windows, where locks always hold and nobody needs to know.</summary>
    public static bool IsRunning(int process) => !OperatingSystem.IsWindows() && (Signal(process, 0) == 0 || Marshal.GetLastPInvokeError() != NoProcess);

    /// <summary>Why a write into a directory failed and what to do, in whole sentences: what the system said, not a guess.</summary>
    /// <param name="exception">What the system said.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="needed">Bytes that were to be written.</param>
    public static string Explain(Exception exception, string directory, long needed)
    {
        int error = exception is ArgumentOutOfRangeException ? TooLarge : exception.HResult; // what .NET makes of EFBIG
        if (error is NoSpace or WindowsDiskFull or WindowsHandleDiskFull) return DiskFull(directory, needed);
        if (error == QuotaExceeded) return $"This user's disk quota in '{directory}' is used up. Free some space, or save elsewhere.";
        string? remedy = error switch
        {
            TooLarge => "The file is larger than its file system, or the limit of this process (ulimit -f), allows: raise the limit, or save elsewhere.",
            ReadOnly => $"The file system of '{directory}' is mounted read-only: save elsewhere.",
            InputOutput => $"The disk of '{directory}' failed to read or write: check it, and save elsewhere.",
            _ => null,
        };
        return remedy ?? (exception.Message.EndsWith('.') ? exception.Message : exception.Message + ".");
    }

    /// <summary>The sentences about a full disk: what is free explains it only where that is less than is needed.</summary>
    public static string DiskFull(string directory, long needed) => FreeBytes(directory) switch
    {
        null => $"The disk of '{directory}' is full. Free some space, or save elsewhere.",
        { } free when free < needed => $"The disk is full: {free:N0} bytes are free in '{directory}'. Free some, or save elsewhere.",
        { } free => $"The disk is full, though {free:N0} bytes are free in '{directory}': its number of files (inodes, see df -i), a quota or what is reserved for the system is used up. Remove some files, or save elsewhere.",
    };

    /// <summary>What a path is if opening or reading it could wait for ever or change something; null for files, folders, nothing, and where the system does not tell.</summary>
    public static string? Special(string path)
    {
        try
        {
            return (ModeOf(path) & TypeMask) switch { 0x1000 => "a FIFO", 0x2000 or 0x6000 => "a device", 0xC000 => "a socket", _ => null };
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Bytes this user may still write in a directory; null where the system does not tell.</summary>
    public static long? FreeBytes(string directory)
    {
        try
        {
            return new DriveInfo(directory).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    // st_mode of what a path leads to; 0 where it cannot be told.
    private static unsafe int ModeOf(string path)
    {
        // Room for either structure; the C library's own offsets: that of statx is the same on every Linux.
        byte* status = stackalloc byte[256];
        if (OperatingSystem.IsLinux()) return StatX(CurrentDirectory, path, 0, TypeWanted, status) == 0 ? *(ushort*)(status + 28) : 0;
        if (OperatingSystem.IsMacOS()) return (RuntimeInformation.ProcessArchitecture == Architecture.X64 ? StatX64(path, status) : Stat(path, status)) == 0 ? *(ushort*)(status + 4) : 0;
        return 0;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatX(int directory, string path, int flags, uint mask, byte* status);

    [LibraryImport("libc", EntryPoint = "stat", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Stat(string path, byte* status);

    [LibraryImport("libc", EntryPoint = "stat$INODE64", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatX64(string path, byte* status);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Flush(int descriptor);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int process, int signal);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("kernel32", EntryPoint = "MoveFileExW", StringMarshalling = StringMarshalling.Utf16, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool MoveFile(string source, string target, uint flags);
}
