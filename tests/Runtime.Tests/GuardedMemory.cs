using System.Runtime.InteropServices;
using ModelDsl.Memory;

namespace ModelDsl.Runtime.Tests;

/// <summary>
/// A zeroed buffer of floats that ends exactly where a page without access begins, and that such a page precedes: a kernel that
/// reads or writes one float past the end, or more than a page's remainder before the start, kills the test process instead of passing.
/// The start is therefore only aligned to a float. On systems other than Linux it is ordinary memory.
/// </summary>
public sealed unsafe partial class GuardedMemory : IDisposable
{
    private const int NoAccess = 0, ReadWrite = 1 | 2, PrivateAnonymous = 0x02 | 0x20;

    private readonly Arena? plain;
    private readonly nuint mapped;
    private byte* mapping;

    /// <summary>Allocates.</summary>
    /// <param name="floats">Number of floats; 0 is allowed and leaves nothing accessible.</param>
    public GuardedMemory(nint floats)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(floats);
        Length = floats;
        if (!OperatingSystem.IsLinux())
        {
            plain = new Arena(floats);
            Data = plain.Data;
            return;
        }

        nuint page = (nuint)Environment.SystemPageSize;
        nuint bytes = (nuint)floats * sizeof(float);
        nuint body = (bytes + page - 1) / page * page;
        mapped = body + 2 * page;
        mapping = Map(null, mapped, NoAccess, PrivateAnonymous, -1, 0);
        if ((nint)mapping == -1) throw new InsufficientMemoryException($"mmap of {mapped} bytes failed ({Marshal.GetLastPInvokeError()}).");
        if (body > 0 && Protect(mapping + page, body, ReadWrite) != 0)
            throw new InvalidOperationException($"mprotect failed ({Marshal.GetLastPInvokeError()}).");
        Data = new F32((float*)(mapping + page + body - bytes));
    }

    /// <summary>A guarded copy of <paramref name="values"/>.</summary>
    public GuardedMemory(ReadOnlySpan<float> values) : this(values.Length) => values.CopyTo(Span);

    /// <summary>Number of floats.</summary>
    public nint Length { get; }

    /// <summary>The first float.</summary>
    public F32 Data { get; }

    /// <summary>All floats.</summary>
    public Span<float> Span => Data.AsSpan(Length);

    /// <summary>Unmaps the memory.</summary>
    public void Dispose()
    {
        plain?.Dispose();
        if (mapping != null && Unmap(mapping, mapped) != 0) throw new InvalidOperationException("munmap failed.");
        mapping = null;
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial byte* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(void* address, nuint length);
}
