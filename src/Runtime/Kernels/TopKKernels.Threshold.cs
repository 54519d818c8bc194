using System.Runtime.CompilerServices;
using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

public static unsafe partial class TopKKernels
{
    private readonly struct ThresholdRows<S>(
        nint rows, nint tileRows, int columns, F32 values, nint stride, float quantile, int divisor, F32 thresholds, F32 means, F32 slopes, SelectionCounter counter) : IParallelBody
        where S : unmanaged, ISimd<S>
    {
        public void Run(int tile, int worker)
        {
            nint first = tile * tileRows, end = Math.Min(first + tileRows, rows);
            long selected = 0;
            for (nint row = first; row < end; row++)
            {
                float* x = values.Pointer + row * stride;
                float mean = (float)(x[0] + ((double)Sum<S, Distance>(x, columns, x[0]) / columns));
                double deviation = Math.Sqrt((double)Sum<S, SquaredDistance>(x, columns, mean) / divisor);
                float threshold = (float)(mean + (deviation * quantile));
                thresholds[row] = threshold;
                means[row] = mean;
                slopes[row] = deviation > 0 ? (float)(quantile / (divisor * deviation)) : 0;
                selected += (long)Sum<S, Above>(x, columns, threshold);
            }

            counter.Add(selected, (end - first) * columns);
        }
    }

    /// <summary>A term of a sum over a row.</summary>
    private interface ITerm
    {
        static abstract S Of<S>(S value, S parameter) where S : unmanaged, ISimd<S>;
    }

    private readonly struct Distance : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static S Of<S>(S value, S parameter) where S : unmanaged, ISimd<S> => value - parameter;
    }

    private readonly struct SquaredDistance : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static S Of<S>(S value, S parameter) where S : unmanaged, ISimd<S> => (value - parameter) * (value - parameter);
    }

    private readonly struct Above : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static S Of<S>(S value, S parameter) where S : unmanaged, ISimd<S> => S.Select(S.LessThan(parameter, value), S.Broadcast(1), S.Zero);
    }

    /// <summary>The sum of a term over a row, in four chains: a row of millions of ones still counts exactly.</summary>
    private static float Sum<S, T>(float* x, int columns, float parameter) where S : unmanaged, ISimd<S> where T : struct, ITerm
    {
        S p = S.Broadcast(parameter), s0 = S.Zero, s1 = S.Zero, s2 = S.Zero, s3 = S.Zero;
        int c = 0;
        for (; c <= columns - 4 * S.Width; c += 4 * S.Width)
        {
            s0 += T.Of(S.Load(x + c), p);
            s1 += T.Of(S.Load(x + c + S.Width), p);
            s2 += T.Of(S.Load(x + c + 2 * S.Width), p);
            s3 += T.Of(S.Load(x + c + 3 * S.Width), p);
        }

        for (; c <= columns - S.Width; c += S.Width) s0 += T.Of(S.Load(x + c), p);
        if (c < columns) s1 += S.First(T.Of(S.Load(x + c, columns - c), p), columns - c);
        return S.Sum((s0 + s1) + (s2 + s3));
    }
}
