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
        int count = rows.Count, width = shape.HeadWidth, padded = PaddedWidth, ahead = AttentionTile.FloatsAhead / shape.HeadWidth, i = 0;
        for (; i <= held - 4; i += 4, source += 4 * stride)
        {
            float* result = scores + i, next = i + ahead < held ? source + ahead * stride : values + (i + ahead - held) * stride;
            switch (count)
            {
                case 1:
                    S s0 = AttentionDots<S>.One(queries, source, next, width), s1 = AttentionDots<S>.One(queries, source + stride, next + stride, width);
                    S s2 = AttentionDots<S>.One(queries, source + 2 * stride, next + 2 * stride, width), s3 = AttentionDots<S>.One(queries, source + 3 * stride, next + 3 * stride, width);
                    S.StoreSums(result, s0, s1, s2, s3);
                    break;
                case 2:
                    (S a0, S b0) = AttentionDots<S>.Two(queries, padded, source, next, width);
                    (S a1, S b1) = AttentionDots<S>.Two(queries, padded, source + stride, next + stride, width);
                    (S a2, S b2) = AttentionDots<S>.Two(queries, padded, source + 2 * stride, next + 2 * stride, width);
                    (S a3, S b3) = AttentionDots<S>.Two(queries, padded, source + 3 * stride, next + 3 * stride, width);
                    S.StoreSums(result, a0, a1, a2, a3);
                    S.StoreSums(result + PartKeys, b0, b1, b2, b3);
                    break;
                default:
                    for (int j = 0; j < 4; j++) AttentionDots<S>.Four(queries, padded, source + j * stride, next + j * stride, width, result + j, PartKeys, count);
                    break;
            }
        }

        for (; i < held; i++, source += stride)
            for (int row = 0; row < count; row++) scores[row * PartKeys + i] = S.Sum(AttentionDots<S>.One(queries + row * padded, source, source, width));
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
