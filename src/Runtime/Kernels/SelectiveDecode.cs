using System.Numerics;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

/// <summary>
/// Selective attention of the few query rows of one decoding step over a part of a long cache. The scored columns of all keys are read as they lie, transposed, so that keys fill
/// the lanes; when all parts have their scores, each finds the keys that any of its rows keeps, and reads the rest of those alone, once for all rows.
/// </summary>
internal readonly unsafe struct SelectiveDecode<S, F>(in AttentionShape shape, F score, AttentionBounds bounds, HeadMatrix query, AttentionKeys keys, SelectiveScores held)
    where S : unmanaged, ISimd<S> where F : struct, IAttentionScore
{
    /// <summary>Most query rows of one key/value head for which this is the faster way.</summary>
    public const int MostRows = 8;

    /// <summary>Keys of a part: whole blocks of transposed ones.</summary>
    public const int PartKeys = 1024;

    // Rows that one pass over a row of memory serves, and keys whose weights are computed together.
    private const int PassRows = 4, GroupKeys = 16;

    private readonly AttentionShape shape = shape;
    private readonly F score = score;
    private readonly AttentionBounds bounds = bounds;
    private readonly HeadMatrix query = query;
    private readonly AttentionKeys keys = keys;
    private readonly SelectiveScores held = held;
    private readonly AttentionRows rows = new(shape);

    private int PaddedScore { get; } = Padded(shape.ScoreWidth);

    private int PaddedGate { get; } = Padded(shape.GateWidth);

    private int PaddedWidth { get; } = Padded(shape.HeadWidth);

    /// <summary>Scratch of one part.</summary>
    public nint ScratchFloats
        => MostRows * (PaddedScore + PaddedGate + 2 * GroupKeys) + Math.Max(AttentionKeys.ColumnKeys * shape.ScoreWidth, PartKeys);

    private static int Padded(int width) => (width + S.Width - 1) / S.Width * S.Width;

    /// <summary>Leaves the scores of a part, -∞ where a row does not see the key, and of each row their maximum, mean and sum of squared deviations.</summary>
    public void Score(int batch, int head, int block, int part, float* scratch)
    {
        int count = rows.Count, start = part * PartKeys, end = Math.Clamp(bounds.Keys(batch), start, start + PartKeys);
        float* queries = scratch, columns = scratch + MostRows * PaddedScore;
        for (int i = 0; i < count; i++) AttentionPacking.CopyRow(rows.In(query, batch, head, i), shape.ScoreWidth, queries + i * PaddedScore, S.Broadcast(shape.Scale));
        (int first, int last) = Union(batch, start, end);
        for (int key = first / AttentionKeys.ColumnKeys * AttentionKeys.ColumnKeys; key < last; key += AttentionKeys.ColumnKeys)
        {
            float* source = keys.Column(batch, head, key), target = held.Row(block, 0) + key;
            int width = keys.ColumnStride(key);
            if (width < AttentionKeys.ColumnKeys)
            {
                for (int i = 0; i < shape.ScoreWidth; i++)
                {
                    float* column = columns + i * AttentionKeys.ColumnKeys;
                    new Span<float>(column, AttentionKeys.ColumnKeys).Clear();
                    new ReadOnlySpan<float>(source + i * width, width).CopyTo(new(column, width));
                }

                source = columns;
            }

            for (int i = 0; i < count; i += PassRows)
            {
                AttentionTile.Multiply<S, AttentionTile.RowMajorStreamed>(
                    Math.Min(PassRows, count - i), AttentionKeys.ColumnKeys, shape.ScoreWidth, queries + i * PaddedScore, PaddedScore, source, AttentionKeys.ColumnKeys,
                    target + i * held.RowStride, held.RowStride, accumulate: false);
            }
        }

        for (int i = 0; i < count; i++)
        {
            (int low, int high) = bounds.Of(batch, rows.Position(i));
            (low, high) = (Math.Clamp(low, start, end), Math.Clamp(high, start, end));
            float* row = held.Row(block, i);
            new Span<float>(row + start, low - start).Fill(float.NegativeInfinity);
            new Span<float>(row + Math.Max(high, low), Padded(end - start) + start - Math.Max(high, low)).Fill(float.NegativeInfinity);
            if (!F.IsIdentity)
                for (int k = low; k < high; k += S.Width) S.Store(row + k, score.Transform(S.Load(row + k, Math.Min(S.Width, high - k))), Math.Min(S.Width, high - k));
            *held.Statistics(block, part, i) = Summarise(row, low, high);
        }
    }

    /// <summary>Writes values, maxima and sums of a part as <see cref="AttentionParts{S}"/> holds them, once all parts have been scored.</summary>
    public void Run(int batch, int head, int block, int part, int parts, float* result, float* scratch)
    {
        int count = rows.Count, padded = PaddedWidth, start = part * PartKeys, end = Math.Clamp(bounds.Keys(batch), start, start + PartKeys);
        float* queries = scratch, weights = queries + MostRows * PaddedGate, exponents = weights + MostRows * GroupKeys;
        int* kept = (int*)(exponents + MostRows * GroupKeys);
        float** values = stackalloc float*[GroupKeys], next = stackalloc float*[GroupKeys];
        float* maximum = result + count * padded, sum = maximum + count;
        for (int i = 0; i < count * padded; i += S.Width) S.Store(result + i, S.Zero);
        float* threshold = stackalloc float[MostRows];
        for (int i = 0; i < count; i++)
        {
            (int low, int high) = bounds.Of(batch, rows.Position(i));
            (threshold[i], maximum[i], sum[i]) = Choose(block, part, parts, i, low, high, end);
            if (shape.GateWidth > 0)
                AttentionPacking.CopyRow(rows.In(query, batch, head, i) + shape.ScoreWidth, shape.GateWidth, queries + i * PaddedGate, S.Broadcast(shape.GateScale));
        }

        int found = List(batch, block, start, end, threshold, kept);
        long total = 0;
        for (int j = 0; j < Math.Min(GroupKeys, found); j++)
        {
            AttentionPacking.PrefetchNear(keys.Gate(batch, head, kept[j]), shape.GateWidth);
            AttentionPacking.PrefetchNear(keys.Value(batch, head, kept[j]), shape.HeadWidth);
        }

        for (int group = 0; group < found; group += GroupKeys)
        {
            // Memory is busy all the time if the next group is asked for bit by bit: the rest of its keys here, its values where this group's are added.
            int take = Math.Min(GroupKeys, found - group);
            for (int j = 0; j < take; j++)
            {
                int later = kept[Math.Min(group + GroupKeys + j, found - 1)];
                Product(keys.Gate(batch, head, kept[group + j]), keys.Gate(batch, head, later), queries, exponents + j);
                values[j] = keys.Value(batch, head, kept[group + j]);
                next[j] = keys.Value(batch, head, later);
            }

            for (int i = 0; i < count; i++) total += Weigh(held.Row(block, i), kept + group, take, threshold[i], maximum[i], ref sum[i], weights + i * GroupKeys, exponents + i * GroupKeys);
            for (int i = 0; i < count; i += 2)
            {
                float* own = weights + i * GroupKeys, to = result + i * padded;
                if (i + 1 < count) AddValues<Two>(values, i == 0 ? next : values, take, own, to);
                else AddValues<One>(values, i == 0 ? next : values, take, own, to);
            }
        }

        long seen = 0;
        for (int i = 0; i < count; i++) seen += held.Statistics(block, part, i)->Count;
        shape.Counter.Add(total, seen);
    }

    /// <summary>The keys of [start, end) that any row sees.</summary>
    private (int First, int Last) Union(int batch, int start, int end)
    {
        int first = int.MaxValue, last = 0;
        for (int i = 0; i < rows.Count; i++)
        {
            (int low, int high) = bounds.Of(batch, rows.Position(i));
            first = Math.Min(first, low);
            last = Math.Max(last, high);
        }

        return (Math.Max(first, start), Math.Min(last, end));
    }

    private static SelectiveScores.Summary Summarise(float* row, int low, int high)
    {
        int n = high - low;
        if (n <= 0) return new(float.MinValue, 0f, 0f, 0);
        S largest = S.Broadcast(float.MinValue), sum = S.Zero, squares = S.Zero;
        int full = low;
        for (; full <= high - S.Width; full += S.Width) largest = S.Max(largest, S.Load(row + full));
        if (full < high)
        {
            S there = S.First(S.Broadcast(1f), high - full);
            largest = S.Max(largest, S.Select(S.LessThan(S.Zero, there), S.Load(row + full, high - full), largest));
        }

        float maximum = S.Largest(largest);
        for (int k = low; k < high; k += S.Width) sum += S.First(S.Load(row + k, Math.Min(S.Width, high - k)) - S.Broadcast(maximum), Math.Min(S.Width, high - k));
        S mean = S.Broadcast(maximum + S.Sum(sum) / n);
        for (int k = low; k < high; k += S.Width)
        {
            S d = S.First(S.Load(row + k, Math.Min(S.Width, high - k)) - mean, Math.Min(S.Width, high - k));
            squares = S.MultiplyAdd(d, d, squares);
        }

        return new(maximum, maximum + S.Sum(sum) / n, S.Sum(squares), n);
    }

    /// <summary>
    /// A row's threshold and maximum from all parts, in their order, and the sum it starts with: not a number where the scores are none. A row without a score above its threshold keeps its
    /// largest: in the part that has it first, all others are hidden.
    /// </summary>
    private (float Threshold, float Maximum, float Sum) Choose(int block, int part, int parts, int row, int low, int high, int end)
    {
        float maximum = float.MinValue;
        int holder = -1, n = 0;
        double mean = 0, squares = 0;
        for (int p = 0; p < parts; p++)
        {
            SelectiveScores.Summary own = *held.Statistics(block, p, row);
            if (own.Count == 0) continue;
            if (!(own.Maximum <= maximum))
            {
                maximum = own.Maximum;
                holder = p;
            }

            double difference = own.Mean - mean;
            n += own.Count;
            mean += n == own.Count ? difference : difference * own.Count / n;
            squares += own.Squares + (n == own.Count ? 0 : difference * difference * own.Count * (n - own.Count) / n);
        }

        bool isAll = n <= shape.TopK;
        float threshold = isAll ? float.NegativeInfinity : (float)(mean + Math.Sqrt(squares) * shape.Thresholds[n]);
        if (double.IsNaN(mean) || float.IsNaN(threshold)) return (float.PositiveInfinity, maximum, part == 0 ? float.NaN : 0f);
        if (isAll || threshold < maximum) return (threshold, maximum, 0f);
        if (part != holder) return (float.PositiveInfinity, maximum, 0f);
        float* scores = held.Row(block, row);
        int only = Math.Max(low, part * PartKeys);
        while (scores[only] != maximum) only++;
        new Span<float>(scores + part * PartKeys, only - part * PartKeys).Fill(float.NegativeInfinity);
        new Span<float>(scores + only + 1, Math.Min(high, end) - only - 1).Fill(float.NegativeInfinity);
        return (float.NegativeInfinity, maximum, 0f);
    }

    /// <summary>Lists the keys of [start, end) that any row keeps, in their order; how many.</summary>
    private int List(int batch, int block, int start, int end, float* threshold, int* kept)
    {
        int found = 0;
        (int first, int last) = Union(batch, start, end);
        for (int key = start + Math.Max(first - start, 0) / S.Width * S.Width; key < last; key += S.Width)
        {
            uint bits = 0;
            for (int i = 0; i < rows.Count; i++) bits |= S.Bits(S.LessThan(S.Broadcast(threshold[i]), S.Load(held.Row(block, i) + key)));
            for (; bits != 0; bits &= bits - 1) kept[found++] = key + BitOperations.TrailingZeroCount(bits);
        }

        return found;
    }

    /// <summary>A number of rows that the JIT sees as a constant.</summary>
    private interface IRowCount
    {
        static abstract bool IsTwo { get; }
    }

    private readonly struct One : IRowCount
    {
        public static bool IsTwo => false;
    }

    private readonly struct Two : IRowCount
    {
        public static bool IsTwo => true;
    }

    /// <summary>Adds weighted rows of values, each read where it lies, to one or two rows of results, four vectors of columns at a time; meanwhile as many others are asked for.</summary>
    private void AddValues<R>(float** values, float** next, int count, float* weights, float* result) where R : struct, IRowCount
    {
        int width = shape.HeadWidth, column = 0;
        float* second = result + PaddedWidth;
        for (; column <= width - 4 * S.Width; column += 4 * S.Width)
        {
            float* a = result + column, b = second + column;
            S a0 = S.Load(a), a1 = S.Load(a + S.Width), a2 = S.Load(a + 2 * S.Width), a3 = S.Load(a + 3 * S.Width);
            S b0 = S.Zero, b1 = S.Zero, b2 = S.Zero, b3 = S.Zero;
            if (R.IsTwo) (b0, b1, b2, b3) = (S.Load(b), S.Load(b + S.Width), S.Load(b + 2 * S.Width), S.Load(b + 3 * S.Width));
            for (int j = 0; j < count; j++)
            {
                float* value = values[j] + column;
                AttentionPacking.PrefetchNear(next[j] + column, 4 * S.Width);
                S v0 = S.Load(value), v1 = S.Load(value + S.Width), v2 = S.Load(value + 2 * S.Width), v3 = S.Load(value + 3 * S.Width), weight = S.Broadcast(weights[j]);
                a0 = S.MultiplyAdd(weight, v0, a0);
                a1 = S.MultiplyAdd(weight, v1, a1);
                a2 = S.MultiplyAdd(weight, v2, a2);
                a3 = S.MultiplyAdd(weight, v3, a3);
                if (!R.IsTwo) continue;
                weight = S.Broadcast(weights[GroupKeys + j]);
                b0 = S.MultiplyAdd(weight, v0, b0);
                b1 = S.MultiplyAdd(weight, v1, b1);
                b2 = S.MultiplyAdd(weight, v2, b2);
                b3 = S.MultiplyAdd(weight, v3, b3);
            }

            S.Store(a, a0);
            S.Store(a + S.Width, a1);
            S.Store(a + 2 * S.Width, a2);
            S.Store(a + 3 * S.Width, a3);
            if (!R.IsTwo) continue;
            S.Store(b, b0);
            S.Store(b + S.Width, b1);
            S.Store(b + 2 * S.Width, b2);
            S.Store(b + 3 * S.Width, b3);
        }

        for (; column < width; column += S.Width)
        {
            int lanes = Math.Min(S.Width, width - column);
            S a = S.Load(result + column), b = R.IsTwo ? S.Load(second + column) : S.Zero;
            for (int j = 0; j < count; j++)
            {
                S value = S.Load(values[j] + column, lanes);
                AttentionPacking.PrefetchNear(next[j] + column, 1);
                a = S.MultiplyAdd(S.Broadcast(weights[j]), value, a);
                if (R.IsTwo) b = S.MultiplyAdd(S.Broadcast(weights[GroupKeys + j]), value, b);
            }

            S.Store(result + column, a);
            if (R.IsTwo) S.Store(second + column, b);
        }
    }

    /// <summary>The products behind the predictor of one key with all rows; the columns of another are asked for.</summary>
    private void Product(float* gate, float* next, float* queries, float* result)
    {
        if (shape.GateWidth == 0) return;
        for (int i = 0; i < rows.Count; i += PassRows)
        {
            float* own = queries + i * PaddedGate, to = result + i * GroupKeys;
            int count = Math.Min(PassRows, rows.Count - i);
            switch (count)
            {
                case 1:
                    to[0] = S.Sum(AttentionDots<S>.One(own, gate, next, shape.GateWidth));
                    break;
                case 2:
                    (S a, S b) = AttentionDots<S>.Two(own, PaddedGate, gate, next, shape.GateWidth);
                    (to[0], to[GroupKeys]) = (S.Sum(a), S.Sum(b));
                    break;
                default:
                    AttentionDots<S>.Four(own, PaddedGate, gate, next, shape.GateWidth, to, GroupKeys, count);
                    break;
            }
        }
    }

    /// <summary>What some kept keys weight their values with for one row, 0 where another row alone keeps the key; adds up the softmax's denominator. How many the row keeps.</summary>
    private long Weigh(float* scores, int* kept, int count, float threshold, float maximum, ref float sum, float* weights, float* exponents)
    {
        int own = 0;
        for (int j = 0; j < count; j++)
        {
            float s = scores[kept[j]];
            bool above = s > threshold;
            weights[j] = above ? s - maximum : float.NegativeInfinity;
            own += above ? 1 : 0;
        }

        S total = S.Zero;
        for (int j = 0; j < count; j += S.Width)
        {
            int lanes = Math.Min(S.Width, count - j);
            S below = S.Load(weights + j, lanes), p = S.First(S.Select(S.LessThan(below, S.Broadcast(float.MinValue)), S.Zero, VectorMath.ExpOfNonPositive(below)), lanes);
            total += p;
            if (shape.GateWidth > 0) p *= VectorMath.Softplus(S.Load(exponents + j, lanes));
            S.Store(weights + j, p);
        }

        sum += S.Sum(total);
        return own;
    }
}
