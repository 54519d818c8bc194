using System.Runtime.CompilerServices;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

/// <summary>
/// Attention of the few query rows of one decoding step over a part of a long cache: bound by memory, so keys and values are
/// read once, as they lie, and every query row takes its dot product from the key that is in registers.
/// </summary>
internal readonly unsafe struct AttentionDecode<S, F>(in AttentionShape shape, F score, AttentionBounds bounds, HeadMatrix query, AttentionKeys keys)
    where S : unmanaged, ISimd<S> where F : struct, IAttentionScore
{
    /// <summary>Most query rows of one key/value head for which this is the faster way.</summary>
    public const int MostRows = 4;

    /// <summary>Keys of a part.</summary>
    public const int PartKeys = 512;

    /// <summary>Values of a block.</summary>
    private const int BlockValues = 16;

    private readonly AttentionShape shape = shape;
    private readonly F score = score;
    private readonly AttentionBounds bounds = bounds;
    private readonly HeadMatrix query = query;
    private readonly AttentionKeys keys = keys;
    private readonly AttentionRows rows = new(shape);

    private int PaddedWidth { get; } = (shape.HeadWidth + S.Width - 1) / S.Width * S.Width;

    /// <summary>Scratch of one part.</summary>
    public nint ScratchFloats => MostRows * (PaddedWidth + PartKeys) + BlockValues * PaddedWidth;

    /// <summary>Writes values, maxima and sums of a part as <see cref="AttentionParts{S}"/> holds them.</summary>
    public void Run(int batch, int head, int part, float* result, float* scratch)
    {
        int count = rows.Count, padded = PaddedWidth;
        float* queries = scratch, scores = queries + MostRows * padded, values = scores + MostRows * PartKeys;
        float* maximum = result + count * padded, sum = maximum + count;
        int* low = stackalloc int[MostRows], high = stackalloc int[MostRows];
        int first = int.MaxValue, end = 0;
        for (int i = 0; i < count; i++)
        {
            AttentionPacking.CopyRow(rows.In(query, batch, head, i), shape.HeadWidth, queries + i * padded, S.Broadcast(shape.Scale));
            (low[i], high[i]) = bounds.Of(batch, rows.Position(i));
            first = Math.Min(first, low[i]);
            end = Math.Max(end, high[i]);
        }

        first = Math.Max(first, part * PartKeys);
        end = Math.Min(end, (part + 1) * PartKeys);
        int held = Math.Max(end - first, 0);
        Score(keys.Key(batch, head, first), keys.Value(batch, head, first), held, queries, scores);
        for (int i = 0; i < count; i++)
        {
            int from = Math.Clamp(low[i] - first, 0, held), to = Math.Clamp(high[i] - first, from, held);
            (maximum[i], sum[i]) = Softmax(scores + i * PartKeys, from, to, held);
        }

        Accumulate(keys.Value(batch, head, first), held, scores, values, result);
    }

    /// <summary>All scores. One key after the other: the order of memory, which the hardware also reads ahead.</summary>
    private void Score(float* source, float* values, int held, float* queries, float* scores)
    {
        // The last keys ask for the first values.
        nint stride = keys.KeyStride;
        int count = rows.Count, ahead = AttentionTile.FloatsAhead / shape.HeadWidth, i = 0;
        for (; i <= held - 4; i += 4, source += 4 * stride)
        {
            float* result = scores + i, next = i + ahead < held ? source + ahead * stride : values + (i + ahead - held) * stride;
            switch (count)
            {
                case 1:
                    S s0 = Dot(queries, source, next), s1 = Dot(queries, source + stride, next + stride);
                    S s2 = Dot(queries, source + 2 * stride, next + 2 * stride), s3 = Dot(queries, source + 3 * stride, next + 3 * stride);
                    S.StoreSums(result, s0, s1, s2, s3);
                    break;
                case 2:
                    (S a0, S b0) = Dot2(queries, source, next);
                    (S a1, S b1) = Dot2(queries, source + stride, next + stride);
                    (S a2, S b2) = Dot2(queries, source + 2 * stride, next + 2 * stride);
                    (S a3, S b3) = Dot2(queries, source + 3 * stride, next + 3 * stride);
                    S.StoreSums(result, a0, a1, a2, a3);
                    S.StoreSums(result + PartKeys, b0, b1, b2, b3);
                    break;
                default:
                    for (int j = 0; j < 4; j++) Dot4(queries, source + j * stride, next + j * stride, result + j, count);
                    break;
            }
        }

        for (; i < held; i++, source += stride)
            for (int row = 0; row < count; row++) scores[row * PartKeys + i] = S.Sum(Dot(queries + row * PaddedWidth, source, source));
    }

    /// <summary>The products of a padded query and a key, to be summed over lanes; <paramref name="next"/> is asked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private S Dot(float* query, float* key, float* next)
    {
        S sum = S.Zero;
        int width = shape.HeadWidth, i = 0;
        for (; i <= width - S.Width; i += S.Width)
        {
            AttentionPacking.PrefetchNear(next + i, 1);
            sum = S.MultiplyAdd(S.Load(query + i), S.Load(key + i), sum);
        }

        if (i < width) AttentionPacking.PrefetchNear(next + i, 1);
        return i < width ? S.MultiplyAdd(S.Load(query + i), S.Load(key + i, width - i), sum) : sum;
    }

    /// <summary>The same for two queries.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (S First, S Second) Dot2(float* query, float* key, float* next)
    {
        S a = S.Zero, b = S.Zero;
        int width = shape.HeadWidth, i = 0;
        float* other = query + PaddedWidth;
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

    /// <summary>The dot products of three or four queries with one key.</summary>
    private void Dot4(float* query, float* key, float* next, float* result, int count)
    {
        S a = S.Zero, b = S.Zero, c = S.Zero, d = S.Zero;
        int width = shape.HeadWidth, padded = PaddedWidth;
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
        for (int row = 0; row < count; row++) result[row * PartKeys] = sums[row];
    }

    /// <summary>The values of a part, weighted by the exponentials, in blocks that stay in the first-level cache.</summary>
    private void Accumulate(float* source, int held, float* scores, float* packed, float* result)
    {
        nint stride = keys.ValueStride;
        int padded = PaddedWidth;
        bool copy = padded != shape.HeadWidth;
        for (int i = 0; i < held || i == 0; i += BlockValues, source += BlockValues * stride)
        {
            int take = Math.Min(BlockValues, held - i);
            if (!copy)
            {
                AttentionTile.Multiply<S, AttentionTile.RowMajorStreamed>(rows.Count, padded, take, scores + i, PartKeys, source, stride, result, padded, accumulate: i > 0);
                continue;
            }

            for (int j = 0; j < take; j++)
            {
                AttentionPacking.PrefetchNear(source + j * stride + AttentionTile.FloatsAhead, shape.HeadWidth);
                AttentionPacking.CopyRow(source + j * stride, shape.HeadWidth, packed + j * padded, S.Broadcast(1f));
            }

            AttentionTile.Multiply<S, AttentionTile.RowMajor>(rows.Count, padded, take, scores + i, PartKeys, packed, padded, result, padded, accumulate: i > 0);
        }
    }

    /// <summary>Turns the scores [from, to) of a row into exponentials, the others of <paramref name="held"/> into 0; maximum and sum.</summary>
    private (float Maximum, float Sum) Softmax(float* scores, int from, int to, int held)
    {
        if (!F.IsIdentity)
            for (int i = from; i < to; i += S.Width) S.Store(scores + i, score.Transform(S.Load(scores + i, Math.Min(S.Width, to - i))), Math.Min(S.Width, to - i));

        float maximum = float.MinValue;
        int full = from;
        if (to - from >= S.Width)
        {
            S largest = S.Load(scores + from);
            for (full += S.Width; full <= to - S.Width; full += S.Width) largest = S.Max(largest, S.Load(scores + full));
            maximum = S.Largest(largest);
        }

        for (; full < to; full++) maximum = MathF.Max(maximum, scores[full]);

        S total = S.Zero;
        for (int i = from; i < to; i += S.Width)
        {
            int count = Math.Min(S.Width, to - i);
            S p = S.First(VectorMath.ExpOfNonPositive(S.Load(scores + i, count) - S.Broadcast(maximum)), count);
            S.Store(scores + i, p, count);
            total += p;
        }

        for (int i = 0; i < from; i++) scores[i] = 0f;
        for (int i = to; i < held; i++) scores[i] = 0f;
        return (maximum, S.Sum(total));
    }
}
