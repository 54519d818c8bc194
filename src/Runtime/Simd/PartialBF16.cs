using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelDsl.Simd;

/// <summary>Loads of fewer brain floats than a vector has lanes. Not inlined: they are for the ends of odd rows, and their local memory would cost the loops before.</summary>
internal static unsafe class PartialBF16
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Vector512<float> Load512(ushort* source, int count)
    {
        float* lanes = stackalloc float[16];
        Widen(source, count, lanes, 16);
        return Vector512.Load(lanes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Vector256<float> Load256(ushort* source, int count)
    {
        float* lanes = stackalloc float[8];
        Widen(source, count, lanes, 8);
        return Vector256.Load(lanes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Vector128<float> Load128(ushort* source, int count)
    {
        float* lanes = stackalloc float[4];
        Widen(source, count, lanes, 4);
        return Vector128.Load(lanes);
    }

    private static void Widen(ushort* source, int count, float* lanes, int width)
    {
        for (int i = 0; i < width; i++) lanes[i] = i < count ? BitConverter.UInt32BitsToSingle((uint)source[i] << 16) : 0f;
    }
}
