using System.Runtime.CompilerServices;
using ModelDsl.Memory;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

public static unsafe partial class CrossEntropy
{
    /// <summary>Logits whose largest is found, then whose exponentials are summed, while they are in the nearest cache: memory is read once.</summary>
    private const int Block = 1024;

    // A running largest logit and the sum of exponentials relative to it, rescaled where a block has a larger one. The sum of both
    // results is the logarithm; apart, they keep the digits of a loss that is small against the logits.
    private static (double Largest, double LogSum) LogSumExp<S>(float* logits, int vocabulary) where S : unmanaged, ISimd<S>
    {
        float largest = float.NegativeInfinity;
        double sum = 0;
        S broken = S.Zero;
        for (int start = 0; start < vocabulary; start += Block)
        {
            int count = Math.Min(Block, vocabulary - start);
            float blockLargest = Largest(logits + start, count, ref broken);
            if (blockLargest > largest)
            {
                sum *= Math.Exp((double)largest - blockLargest);
                largest = blockLargest;
            }

            sum += SumOfExponentials(logits + start, count, S.Broadcast(largest));
        }

        return (largest, Math.Log(sum) + S.Sum(broken));
    }

    /// <summary>The largest logit; <paramref name="broken"/> stays 0 unless a logit is NaN or infinite, and gets a NaN lane then.</summary>
    private static float Largest<S>(float* logits, int count, ref S broken) where S : unmanaged, ISimd<S>
    {
        S m0 = S.Broadcast(float.NegativeInfinity), m1 = m0, m2 = m0, m3 = m0;
        S b0 = broken, b1 = S.Zero, b2 = S.Zero, b3 = S.Zero;
        int c = 0;
        for (; c <= count - 4 * S.Width; c += 4 * S.Width)
        {
            Meet<S, AllLanes>(logits + c, ref m0, ref b0, default);
            Meet<S, AllLanes>(logits + c + S.Width, ref m1, ref b1, default);
            Meet<S, AllLanes>(logits + c + 2 * S.Width, ref m2, ref b2, default);
            Meet<S, AllLanes>(logits + c + 3 * S.Width, ref m3, ref b3, default);
        }

        for (; c <= count - S.Width; c += S.Width) Meet<S, AllLanes>(logits + c, ref m0, ref b0, default);
        if (c < count) Meet(logits + c, ref m0, ref b0, new FirstLanes(count - c));
        broken = (b0 + b1) + (b2 + b3);
        return S.Largest(S.Max(S.Max(m0, m1), S.Max(m2, m3)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Meet<S, L>(float* logits, ref S largest, ref S broken, L lanes) where S : unmanaged, ISimd<S> where L : struct, ILanes
    {
        S value;
        if (L.All)
        {
            value = S.Load(logits);
        }
        else
        {
            // The lowest finite value in the lanes that take no part.
            S most = S.Broadcast(float.MaxValue);
            value = S.Load(logits, lanes.Count) + (S.First(most, lanes.Count) - most);
        }

        largest = S.Max(value, largest);

        // 0 · x is NaN where x is NaN or infinite.
        broken = S.MultiplyAdd(value, S.Zero, broken);
    }

    private static float SumOfExponentials<S>(float* logits, int count, S shift) where S : unmanaged, ISimd<S>
    {
        S s0 = S.Zero, s1 = S.Zero;
        int c = 0;
        for (; c <= count - 2 * S.Width; c += 2 * S.Width)
        {
            s0 += VectorMath.Exp(S.Load(logits + c) - shift);
            s1 += VectorMath.Exp(S.Load(logits + c + S.Width) - shift);
        }

        for (; c <= count - S.Width; c += S.Width) s0 += VectorMath.Exp(S.Load(logits + c) - shift);
        if (c < count) s1 += S.First(VectorMath.Exp(S.Load(logits + c, count - c) - shift), count - c);
        return S.Sum(s0 + s1);
    }

    internal readonly struct ForwardRows(int vocabulary, F32 logits, nint stride, I32 targets, F32 losses, F32 logSumExp) : IRowKernel
    {
        public int Accumulators => 0;

        public void Row<S>(nint row, F32 accumulators) where S : unmanaged, ISimd<S>
        {
            int target = targets[row];
            if (target < 0)
            {
                losses[row] = 0;
                logSumExp[row] = 0;
                return;
            }

            float* x = logits.Pointer + row * stride;
            (double largest, double logSum) = LogSumExp<S>(x, vocabulary);
            logSumExp[row] = (float)(largest + logSum);
            losses[row] = (float)(largest - x[target] + logSum);
        }

        public void Finish<S>(F32 accumulators) where S : unmanaged, ISimd<S> { }
    }

    internal readonly struct BackwardRows(
        int vocabulary, F32 logits, nint stride, I32 targets, F32 logSumExp, float scale, F32 gradient, nint gradientStride) : IRowKernel
    {
        public int Accumulators => 0;

        public void Row<S>(nint row, F32 accumulators) where S : unmanaged, ISimd<S>
        {
            float* x = logits.Pointer + row * stride;
            float* g = gradient.Pointer + row * gradientStride;
            int target = targets[row];
            if (target < 0)
            {
                new Span<float>(g, vocabulary).Clear();
                return;
            }

            S shift = S.Broadcast(logSumExp[row]), scales = S.Broadcast(scale);
            int count = vocabulary, c = 0;
            for (; c <= count - 2 * S.Width; c += 2 * S.Width)
            {
                S first = VectorMath.Exp(S.Load(x + c) - shift), second = VectorMath.Exp(S.Load(x + c + S.Width) - shift);
                S.Store(g + c, scales * first);
                S.Store(g + c + S.Width, scales * second);
            }

            for (; c <= count - S.Width; c += S.Width) S.Store(g + c, scales * VectorMath.Exp(S.Load(x + c) - shift));
            if (c < count) S.Store(g + c, scales * VectorMath.Exp(S.Load(x + c, count - c) - shift), count - c);
            g[target] -= scale;
        }

        public void Finish<S>(F32 accumulators) where S : unmanaged, ISimd<S> { }
    }
}
