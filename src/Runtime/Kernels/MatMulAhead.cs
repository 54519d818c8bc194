using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace ModelDsl.Kernels;

/// <summary>Prefetching of operands that are plain memory: strides of a whole row defeat the hardware's.</summary>
internal static unsafe class MatMulAhead
{
    /// <summary>Elements in a cache line of an operand that is stored; a constant to the JIT.</summary>
    public static int Line<T>() where T : struct, IOperand => typeof(T) == typeof(StoredBF16) ? 32 : 16;

    /// <summary>Fetches the line of element (row, column), if the operand is stored. It may lie outside the operand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fetch<T>(in T operand, nint row, nint column) where T : struct, IOperand
    {
        if (!Sse.IsSupported) return;
        if (typeof(T) == typeof(Stored))
        {
            Stored stored = Unsafe.As<T, Stored>(ref Unsafe.AsRef(in operand));
            Sse.Prefetch0(stored.Data.Pointer + row * stored.Stride + column);
        }
        else if (typeof(T) == typeof(StoredBF16))
        {
            StoredBF16 stored = Unsafe.As<T, StoredBF16>(ref Unsafe.AsRef(in operand));
            Sse.Prefetch0(stored.Data.Pointer + row * stored.Stride + column);
        }
    }
}
