using System.Runtime.CompilerServices;
using ModelDsl.Memory;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

public static unsafe partial class TopKKernels
{
    /// <summary>Bits of a key that one pass sorts by.</summary>
    private const int Digit = 11;

    internal readonly struct SelectRows(int columns, int count, F32 values, nint stride, F32 kept, nint keptStride, F32 least, F32 ties) : IRowKernel
    {
        public int Accumulators => 0;

        public void Row<S>(nint row, F32 accumulators) where S : unmanaged, ISimd<S>
        {
            float* x = values.Pointer + row * stride, y = kept.Pointer + row * keptStride;
            (float lowest, int equal) = Least(x, columns, count);
            least[row] = lowest;
            ties[row] = equal;
            for (int c = 0; c < columns; c++) y[c] = IsKept(x[c], lowest, ref equal) ? x[c] : 0;
        }

        public void Finish<S>(F32 accumulators) where S : unmanaged, ISimd<S> { }
    }

    internal readonly struct SelectBackwardRows(
        int columns, F32 values, nint stride, F32 least, F32 ties, F32 upstream, nint upstreamStride, F32 gradient, nint gradientStride) : IRowKernel
    {
        public int Accumulators => 0;

        public void Row<S>(nint row, F32 accumulators) where S : unmanaged, ISimd<S>
        {
            float* x = values.Pointer + row * stride, g = upstream.Pointer + row * upstreamStride, d = gradient.Pointer + row * gradientStride;
            float lowest = least[row];
            int equal = (int)ties[row];
            for (int c = 0; c < columns; c++) d[c] = IsKept(x[c], lowest, ref equal) ? g[c] : 0;
        }

        public void Finish<S>(F32 accumulators) where S : unmanaged, ISimd<S> { }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsKept(float value, float least, ref int ties) => !(value < least) && (value != least || ties-- > 0);

    /// <summary>The smallest of the largest <paramref name="count"/> values, and how many of them equal it: three passes, each of which counts the values by eleven bits of what is left.</summary>
    private static (float Value, int Ties) Least(float* x, int columns, int count)
    {
        int* buckets = stackalloc int[1 << Digit];
        uint found = 0, above = 0;
        int left = count;
        for (int shift = 32 - Digit; ; shift = Math.Max(shift - Digit, 0))
        {
            // Digits from the highest. The last has a bit of the one before it, which is the same in all that are counted.
            new Span<int>(buckets, 1 << Digit).Clear();
            for (int c = 0; c < columns; c++)
            {
                uint key = Key(x[c]);
                if (((key ^ found) & above) == 0) buckets[(key >> shift) & ((1 << Digit) - 1)]++;
            }

            int digit = (1 << Digit) - 1;
            while (buckets[digit] < left) left -= buckets[digit--];
            found = (found & above) | ((uint)digit << shift);
            above = uint.MaxValue << shift;
            if (shift == 0) return (Value(found), left);
        }
    }

    /// <summary>Bits that compare as the values do; both zeros have the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Key(float value)
    {
        int bits = BitConverter.SingleToInt32Bits(value + 0f);
        return (uint)(bits ^ (bits >> 31 | int.MinValue));
    }

    private static float Value(uint key) => BitConverter.UInt32BitsToSingle((key & 0x80000000) != 0 ? key ^ 0x80000000 : ~key);
}
