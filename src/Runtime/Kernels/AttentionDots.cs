using System.Runtime.CompilerServices;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

/// <summary>Dot products of padded queries with a key that is read once, where it lies; meanwhile another row is asked for.</summary>
internal static unsafe class AttentionDots<S> where S : unmanaged, ISimd<S>
{
    /// <summary>The products of a query and a key, to be summed over lanes; <paramref name="next"/> is asked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static S One(float* query, float* key, float* next, int width)
    {
        S sum = S.Zero;
        int i = 0;
        for (; i <= width - S.Width; i += S.Width)
        {
            AttentionPacking.PrefetchNear(next + i, 1);
            sum = S.MultiplyAdd(S.Load(query + i), S.Load(key + i), sum);
        }

        if (i < width) AttentionPacking.PrefetchNear(next + i, 1);
        return i < width ? S.MultiplyAdd(S.Load(query + i), S.Load(key + i, width - i), sum) : sum;
    }

    /// <summary>The same for two queries, <paramref name="padded"/> floats apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (S First, S Second) Two(float* query, int padded, float* key, float* next, int width)
    {
        S a = S.Zero, b = S.Zero;
        int i = 0;
        float* other = query + padded;
        for (; i <= width - S.Width; i += S.Width)
        {
            AttentionPacking.PrefetchNear(next + i, 1);
            S k = S.Load(key + i);
            (a, b) = (S.MultiplyAdd(S.Load(query + i), k, a), S.MultiplyAdd(S.Load(other + i), k, b));
        }

        if (i == width) return (a, b);
        AttentionPacking.PrefetchNear(next + i, 1);
        S last = S.Load(key + i, width - i);
        return (S.MultiplyAdd(S.Load(query + i), last, a), S.MultiplyAdd(S.Load(other + i), last, b));
    }

    /// <summary>Stores the dot products of three or four queries, <paramref name="count"/>, with one key, each <paramref name="stride"/> floats after the one before.</summary>
    public static void Four(float* query, int padded, float* key, float* next, int width, float* result, int stride, int count)
    {
        S a = S.Zero, b = S.Zero, c = S.Zero, d = S.Zero;
        float* fourth = query + (count - 1) * padded;
        for (int i = 0; i < width; i += S.Width)
        {
            AttentionPacking.PrefetchNear(next + i, 1);
            S k = i <= width - S.Width ? S.Load(key + i) : S.Load(key + i, width - i);
            (a, b) = (S.MultiplyAdd(S.Load(query + i), k, a), S.MultiplyAdd(S.Load(query + padded + i), k, b));
            (c, d) = (S.MultiplyAdd(S.Load(query + 2 * padded + i), k, c), S.MultiplyAdd(S.Load(fourth + i), k, d));
        }

        float* sums = stackalloc float[4];
        S.StoreSums(sums, a, b, c, d);
        for (int row = 0; row < count; row++) result[row * stride] = sums[row];
    }
}
