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
    public const int PartKeys = 256;

    /// <summary>Keys are asked for this many before they are used.</summary>
    private const int KeysAhead = 16;

    private readonly AttentionShape shape = shape;
    private readonly F score = score;
    private readonly AttentionBounds bounds = bounds;
    private readonly HeadMatrix query = query;
    private readonly AttentionKeys keys = keys;
    private readonly AttentionRows rows = new(shape);

    private int PaddedWidth { get; } = (shape.HeadWidth + S.Width - 1) / S.Width * S.Width;

    /// <summary>Scratch of one part.</summary>
    public nint ScratchFloats => MostRows * (PaddedWidth + PartKeys) + (PaddedWidth == shape.HeadWidth ? 0 : PartKeys * PaddedWidth);

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

        float* valueRows = keys.Value(batch, head, first);
        nint stride = keys.ValueStride;
        if (padded != shape.HeadWidth)
        {
            for (int i = 0; i < held; i++) AttentionPacking.CopyRow(valueRows + i * stride, shape.HeadWidth, values + i * padded, S.Broadcast(1f));
            valueRows = values;
            stride = padded;
        }

        AttentionTile.Multiply<S, AttentionTile.RowMajor>(count, padded, held, scores, PartKeys, valueRows, stride, result, padded, accumulate: false);
    }

    /// <summary>All scores; meanwhile the values come near, so that memory is never idle for long.</summary>
    private void Score(float* source, float* value, int held, float* queries, float* scores)
    {
        nint stride = keys.KeyStride;
        int count = rows.Count, i = 0;
        for (; i <= held - 4; i += 4, source += 4 * stride, value += 4 * keys.ValueStride)
        {
            AttentionPacking.Prefetch(source + KeysAhead * stride, 4 * shape.HeadWidth);
            AttentionPacking.Prefetch(value, 4 * shape.HeadWidth);
            for (int row = 0; row < count; row++)
            {
                // One key after the other: the order of memory, which the hardware then reads ahead.
                float* query = queries + row * PaddedWidth, result = scores + row * PartKeys + i;
                S s0 = Dot(query, source), s1 = Dot(query, source + stride), s2 = Dot(query, source + 2 * stride), s3 = Dot(query, source + 3 * stride);
                result[0] = S.Sum(s0);
                result[1] = S.Sum(s1);
                result[2] = S.Sum(s2);
                result[3] = S.Sum(s3);
            }
        }

        for (; i < held; i++, source += stride)
            for (int row = 0; row < count; row++) scores[row * PartKeys + i] = S.Sum(Dot(queries + row * PaddedWidth, source));
    }

    /// <summary>The products of a padded query and a key, to be summed over lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private S Dot(float* query, float* key)
    {
        S sum = S.Zero;
        int width = shape.HeadWidth, i = 0;
        for (; i <= width - S.Width; i += S.Width) sum = S.MultiplyAdd(S.Load(query + i), S.Load(key + i), sum);
        return i < width ? S.MultiplyAdd(S.Load(query + i), S.Load(key + i, width - i), sum) : sum;
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
