using System.IO.MemoryMappedFiles;

namespace ModelDsl.Files;

/// <summary>A regular file mapped read-only into memory, whatever its size. Pages are read when they are touched.</summary>
/// <remarks>
/// Files written by <see cref="DurableFile"/> are replaced, never changed, so an open map keeps the version it opened. A program that
/// truncates a mapped file in place takes the pages away under any reader; on Unix the shared lock asks other .NET processes not to.
/// </remarks>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile? file;
    private readonly MemoryMappedViewAccessor? view;
    private byte* pointer;

    /// <summary>Maps a file.</summary>
    /// <exception cref="IOException">It cannot be opened, or is not a regular file.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or is a folder.</exception>
    public MappedFile(string path)
    {
        // Asked before opening, which would wait for the other end of a FIFO.
        if (FileSystem.Special(path) is { } kind) throw new IOException($"'{path}' is {kind}, not a regular file, and cannot be mapped into memory. Copy its content to a file first.");
        if (Directory.Exists(path)) throw new UnauthorizedAccessException($"'{path}' is a folder, not a file.");
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        try
        {
            if (!stream.CanSeek) throw new IOException($"'{path}' is not a regular file and cannot be mapped into memory.");
            Length = stream.Length;
            if (Length == 0)
            {
                stream.Dispose();
                return;
            }

            file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            view = file.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
            byte* start = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            pointer = start + view.PointerOffset;
        }
        catch
        {
            view?.Dispose();
            file?.Dispose();
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Bytes in the file when it was opened.</summary>
    public long Length { get; }

    /// <summary>The first byte; null when the file is empty.</summary>
    /// <exception cref="ObjectDisposedException">After <see cref="Dispose"/>.</exception>
    public byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(pointer == null && Length > 0, this);
            return pointer;
        }
    }

    /// <summary>Removes the map; pointers into it must not be used any more.</summary>
    public void Dispose()
    {
        if (pointer == null) return;
        pointer = null;
        view!.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        file!.Dispose();
    }
}
