using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelDsl.Simd;

/// <summary>Loads of fewer brain floats than a vector has lanes. Neither a call nor local memory: within a loop that holds sums in vector registers either would put those on the stack.</summary>
internal static unsafe class PartialBF16
{
    /// <summary>The first 0 to 16 of the elements, the rest 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ushort> Load16(ushort* source, int count)
    {
        if (Avx512BW.VL.IsSupported)
            return Avx512BW.VL.MaskLoad(source, Vector256.LessThan(Vector256<ushort>.Indices, Vector256.Create((ushort)count)), Vector256<ushort>.Zero);
        return Vector256.Create(Load8(source, Math.Min(count, 8)), Load8(source + 8, Math.Max(count - 8, 0)));
    }

    /// <summary>The first 0 to 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ushort> Load8(ushort* source, int count)
    {
        if (Avx512BW.VL.IsSupported)
            return Avx512BW.VL.MaskLoad(source, Vector128.LessThan(Vector128<ushort>.Indices, Vector128.Create((ushort)count)), Vector128<ushort>.Zero);
        return Vector128.Create(Load4(source, Math.Min(count, 4)), Load4(source + 4, Math.Max(count - 4, 0))).AsUInt16();
    }

    /// <summary>The first 0 to 4, the first in the lowest bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load4(ushort* source, int count)
    {
        if (count == 4) return *(ulong*)source;
        ulong odd = (count & 1) != 0 ? source[count - 1] : 0u;
        return (count & 2) != 0 ? odd << 32 | *(uint*)source : odd;
    }
}
