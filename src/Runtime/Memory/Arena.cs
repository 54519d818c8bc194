using System.Runtime.InteropServices;

namespace ModelDsl.Memory;

/// <summary>An owned, zeroed block of unmanaged floats, aligned to a cache line.</summary>
public sealed unsafe class Arena : IDisposable
{
    /// <summary>Alignment in bytes: a cache line, and the widest vector.</summary>
    public const int Alignment = 64;

    private float* data;

    /// <summary>Allocates.</summary>
    /// <param name="floats">Number of floats; 0 is allowed.</param>
    /// <exception cref="OutOfMemoryException">The system refused; the message says how much was asked for.</exception>
    public Arena(long floats)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(floats);
        Length = (nint)floats;
        nuint bytes = checked((nuint)Math.Max(floats, 1) * sizeof(float));
        try
        {
            bool large = bytes >= 4 * LargePages.Size;
            data = (float*)NativeMemory.AlignedAlloc(bytes, large ? LargePages.Size : Alignment);
            if (large) LargePages.Advise(data, bytes / LargePages.Size * LargePages.Size);
        }
        catch (OutOfMemoryException exception)
        {
            throw new InsufficientMemoryException($"Could not allocate {bytes / (1024.0 * 1024.0):N1} MiB of native memory.", exception);
        }

        NativeMemory.Clear(data, bytes);
        GC.AddMemoryPressure((long)bytes);
    }

    /// <summary>Frees what <see cref="Dispose"/> did not.</summary>
    ~Arena() => Free();

    /// <summary>Number of floats.</summary>
    public nint Length { get; }

    /// <summary>The first float.</summary>
    /// <exception cref="ObjectDisposedException">After <see cref="Dispose"/>.</exception>
    public F32 Data => data != null ? new F32(data) : throw new ObjectDisposedException(nameof(Arena));

    /// <summary>Frees the block; handles into it must not be used any more.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (data == null) return;
        NativeMemory.AlignedFree(data);
        data = null;
        GC.RemoveMemoryPressure(Math.Max((long)Length, 1) * sizeof(float));
    }
}
