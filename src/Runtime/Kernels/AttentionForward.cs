using ModelDsl.Memory;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

/// <summary>
/// The forward pass of 64 query rows of one key/value head against a range of keys. Rows are (position, head of the group) pairs, so
/// that grouped heads share what is read. Queries lie in the lanes: scores are kept transposed, [key][query], which makes
/// the softmax lane-wise, leaves keys unpacked, and gives the second product its operand in the order it is read.
/// </summary>
internal readonly unsafe partial struct AttentionForward<S, F>(
    in AttentionShape shape, F score, AttentionBounds bounds, HeadMatrix query, AttentionKeys keys, int capacity) where S : unmanaged, ISimd<S> where F : struct, IAttentionScore
{
    /// <summary>Query rows of a block.</summary>
    public const int BlockRows = 64;

    /// <summary>Keys between two updates of the running maximum: scores and values of a block stay in the first-level cache.</summary>
    private const int BlockKeys = 96;

    // The strips of the smallest block bring all rows of a block near.
    private const int AheadRows = 3;

    // Below every real score, and finite, so that a difference of two of them is not NaN.
    private const float NoScore = float.MinValue;

    private readonly AttentionShape shape = shape;
    private readonly F score = score;
    private readonly AttentionBounds bounds = bounds;
    private readonly HeadMatrix query = query;
    private readonly AttentionKeys keys = keys;
    private readonly AttentionRows rows = new(shape);
    private readonly int capacity = capacity;

    /// <summary>Floats of a head padded to whole vectors.</summary>
    public int PaddedWidth { get; } = (shape.HeadWidth + S.Width - 1) / S.Width * S.Width;

    /// <summary>Scratch of one block.</summary>
    public nint ScratchFloats => OwnFloats + SelectionFloats;

    /// <summary>Scratch without that of a selection.</summary>
    private nint OwnFloats => BlockRows * (shape.HeadWidth + PaddedWidth + 3) + AttentionLanes.ScratchFloats + BlockKeys * (BlockRows + PaddedWidth);

    /// <summary>The mean of the values, not yet divided by the sum: [row][<see cref="PaddedWidth"/>].</summary>
    public float* Output(float* scratch) => scratch;

    /// <summary>The running maximum of each row.</summary>
    public float* Maximum(float* scratch) => scratch + BlockRows * PaddedWidth;

    /// <summary>The sum of the exponentials of each row.</summary>
    public float* Sum(float* scratch) => Maximum(scratch) + BlockRows;

    /// <summary>
    /// Leaves in <paramref name="scratch"/> the output, maximum and sum over the keys [first, end) of the block that starts at a row, of dense attention.
    /// Meanwhile the rows of <paramref name="output"/> and the queries of the block that starts at <paramref name="next"/> (negative for
    /// none) are brought near, and on the <paramref name="firstVisit"/> of the keys these too.
    /// </summary>
    public void Run(int batch, int head, int row, int first, int end, HeadMatrix output, int next, bool firstVisit, float* scratch)
    {
        int width = PaddedWidth, count = Math.Min(BlockRows, rows.Count - row);
        float* mean = Output(scratch), maximum = Maximum(scratch), sum = Sum(scratch);
        float* factor = sum + BlockRows, lanes = factor + BlockRows, queries = lanes + AttentionLanes.ScratchFloats;
        float* scores = queries + BlockRows * shape.HeadWidth, values = scores + BlockKeys * BlockRows;
        var sees = new AttentionLanes(lanes);

        int vectors = (count + S.Width - 1) / S.Width;
        PackQueries(batch, head, row, count, vectors * S.Width, queries, sees);
        sees.Prepare<S>(count);
        Clear(count, vectors, mean, maximum, sum);
        (int seenFirst, int seenEnd) = sees.Union(count);
        first = Math.Max(first, seenFirst);
        end = Math.Min(end, seenEnd);
        var ahead = new AttentionAhead(rows, shape.HeadWidth, batch, head);
        ahead.Current(output, row, count);
        if (next >= 0) ahead.Next(next, BlockRows, query);
        for (int key = first; key < end; key += BlockKeys)
        {
            int held = Math.Min(BlockKeys, end - key);
            float* value = firstVisit ? keys.Value(batch, head, key) : null;
            Score<AttentionTile.RowMajor>(keys.Key(batch, head, key), keys.KeyStride, shape.HeadWidth, value, key, held, vectors, queries, sees, scores, firstVisit, ref ahead);
            bool grew = false;
            for (int v = 0; v < vectors; v++) grew |= Softmax(key, held, v, scores, sees, maximum, sum, factor);
            if (grew && key > first) Rescale(count, factor, mean);
            Accumulate(batch, head, key, held, count, scores, values, sees, mean, ref ahead);
        }
    }

    /// <summary>Divides by the sums and writes a block's rows, and what the backward needs of them: see <see cref="AttentionSelection"/>.</summary>
    public void Finish(int batch, int head, int row, float* scratch, HeadMatrix output, F32 logSumExp, nint logSumExpStride)
    {
        int count = Math.Min(BlockRows, rows.Count - row);
        float* maximum = Maximum(scratch), sum = Sum(scratch);
        for (int i = 0; i < count; i += S.Width) S.Store(maximum + i, S.Load(maximum + i) + VectorMath.Log(S.Load(sum + i)));
        for (int i = 0; i < count; i++)
        {
            S reciprocal = S.Broadcast(sum[i] == 0f ? 0f : 1f / sum[i]);
            AttentionPacking.WriteRow(Output(scratch) + i * PaddedWidth, shape.HeadWidth, rows.In(output, batch, head, row + i), reciprocal);
            if (logSumExp.IsNull) continue;
            rows.In(logSumExp, logSumExpStride, batch, head, row + i) = maximum[i];
            if (shape.TopK > 0) FinishSelection(batch, head, row + i, i, scratch, logSumExp, logSumExpStride);
        }
    }

    private static void Clear(int count, int vectors, float* mean, float* maximum, float* sum)
    {
        int width = (int)((maximum - mean) / BlockRows);
        for (int i = 0; i < count * width; i += S.Width) S.Store(mean + i, S.Zero);
        for (int i = 0; i < vectors * S.Width; i += S.Width)
        {
            S.Store(maximum + i, S.Broadcast(NoScore));
            S.Store(sum + i, S.Zero);
        }
    }

    /// <summary>Transposes the scaled queries and writes their bounds; lanes beyond the last row repeat it.</summary>
    private void PackQueries(int batch, int head, int row, int count, int padded, float* queries, AttentionLanes sees)
    {
        int width = shape.ScoreWidth, rest = shape.GateWidth;
        float** source = stackalloc float*[4];
        for (int i = 0; i < padded; i += 4)
        {
            for (int j = 0; j < 4; j++)
            {
                int own = row + Math.Min(i + j, count - 1);
                source[j] = rows.In(query, batch, head, own);
                (int from, int to) = bounds.Of(batch, rows.Position(own));
                sees.Low[i + j] = from;
                sees.High[i + j] = to;
            }

            AttentionPacking.TransposeFour(source[0], source[1], source[2], source[3], width, queries + i, BlockRows, shape.Scale);
            if (rest == 0) continue;
            AttentionPacking.TransposeFour(
                source[0] + width, source[1] + width, source[2] + width, source[3] + width, rest, queries + width * BlockRows + i, BlockRows, shape.GateScale);
        }
    }

    /// <summary>
    /// Products of a block of keys, or of some of their columns, with the queries, where a vector of queries sees any of a strip of keys. On the first visit the keys are brought near,
    /// and the values that are not null.
    /// </summary>
    private void Score<A>(
        float* source, nint stride, int width, float* value, int key, int held, int vectors, float* queries, AttentionLanes sees, float* scores, bool firstVisit, ref AttentionAhead ahead)
        where A : struct, AttentionTile.IOperandOrder
    {
        nint step = A.IsRowMajor ? stride : 1;
        for (int i = 0; i < held; i += AttentionTile.Rows)
        {
            int take = Math.Min(AttentionTile.Rows, held - i);
            for (int j = i; firstVisit && j < i + take; j++)
            {
                if (value != null) AttentionPacking.Prefetch(value + j * keys.ValueStride, shape.HeadWidth);
                if (A.IsRowMajor && j + AttentionTile.Rows < held) AttentionPacking.Prefetch(source + (j + AttentionTile.Rows) * stride, width);
            }

            ahead.Step(AheadRows);
            int first = 0, end = vectors;
            while (first < end && !sees.SeesAny(first, key + i, key + i + take)) first++;
            while (end > first && !sees.SeesAny(end - 1, key + i, key + i + take)) end--;
            if (first == end) continue;
            AttentionTile.Multiply<S, A>(
                take, (end - first) * S.Width, width, source + i * step, stride,
                queries + first * S.Width, BlockRows, scores + i * BlockRows + first * S.Width, BlockRows, accumulate: false);
        }
    }

    /// <summary>
    /// Turns the scores of one vector of queries into exponentials under the new maximum, zero where a query does not see the key, and
    /// updates maximum and sum. True when a maximum grew; the factor of what was summed before is then in <paramref name="factor"/>.
    /// </summary>
    private bool Softmax(int key, int held, int vector, float* scores, AttentionLanes sees, float* maximum, float* sum, float* factor)
    {
        (int first, int end) = sees.OfVector(vector, key, held);
        int lane = vector * S.Width;
        float* column = scores + lane;
        for (int i = 0; i < first; i++) S.Store(column + i * BlockRows, S.Zero);
        for (int i = end; i < held; i++) S.Store(column + i * BlockRows, S.Zero);
        S.Store(factor + lane, S.Broadcast(1f));
        if (first == end) return false;

        S before = S.Load(maximum + lane);
        S largest = before;
        if (sees.SeesAll(vector, key, key + held))
        {
            if (!F.IsIdentity)
                for (int i = first; i < end; i++) S.Store(column + i * BlockRows, score.Transform(S.Load(column + i * BlockRows)));
            largest = Largest(column, first, end, largest);
        }
        else
        {
            S from = S.Load(sees.Low + lane), to = S.Load(sees.High + lane);
            for (int i = first; i < end; i++)
            {
                S position = S.Broadcast(key + i), s = score.Transform(S.Load(column + i * BlockRows)), hidden = S.Broadcast(float.NegativeInfinity);
                s = S.Select(S.LessThan(position, from), hidden, S.Select(S.LessThan(position, to), s, hidden));
                S.Store(column + i * BlockRows, s);
                largest = S.Max(largest, s);
            }
        }

        S total = S.Zero;
        for (int i = first; i < end; i++)
        {
            S p = VectorMath.ExpOfNonPositive(S.Load(column + i * BlockRows) - largest);
            S.Store(column + i * BlockRows, p);
            total += p;
        }

        S shrink = VectorMath.ExpOfNonPositive(before - largest);
        S.Store(factor + lane, shrink);
        S.Store(maximum + lane, largest);
        S.Store(sum + lane, S.MultiplyAdd(S.Load(sum + lane), shrink, total));
        return S.Largest(largest - before) > 0f;
    }

    /// <summary>The largest of a column, in four chains.</summary>
    private static S Largest(float* column, int first, int end, S largest)
    {
        S second = largest, third = largest, fourth = largest;
        int i = first;
        for (; i <= end - 4; i += 4)
        {
            float* at = column + i * BlockRows;
            largest = S.Max(largest, S.Load(at));
            second = S.Max(second, S.Load(at + BlockRows));
            third = S.Max(third, S.Load(at + 2 * BlockRows));
            fourth = S.Max(fourth, S.Load(at + 3 * BlockRows));
        }

        for (; i < end; i++) largest = S.Max(largest, S.Load(column + i * BlockRows));
        return S.Max(S.Max(largest, second), S.Max(third, fourth));
    }

    private void Rescale(int count, float* factor, float* output)
    {
        int width = PaddedWidth;
        for (int i = 0; i < count; i++)
        {
            if (factor[i] == 1f) continue;
            S f = S.Broadcast(factor[i]);
            for (float* at = output + i * width, last = at + width; at < last; at += S.Width) S.Store(at, S.Load(at) * f);
        }
    }

    /// <summary>Adds the values of a block of keys, weighted by the exponentials.</summary>
    private void Accumulate(int batch, int head, int key, int held, int count, float* scores, float* packed, AttentionLanes sees, float* output, ref AttentionAhead ahead)
    {
        int width = PaddedWidth;
        float* values = keys.Value(batch, head, key);
        nint stride = keys.ValueStride;
        if (width != shape.HeadWidth)
        {
            for (int i = 0; i < held; i++) AttentionPacking.CopyRow(values + i * stride, shape.HeadWidth, packed + i * width, S.Broadcast(1f));
            values = packed;
            stride = width;
        }

        for (int i = 0; i < count; i += AttentionTile.Rows)
        {
            int take = Math.Min(AttentionTile.Rows, count - i);
            ahead.Step(AheadRows);
            (int first, int end) = sees.OfStrip(i / AttentionTile.Rows, key, held);
            if (first == end) continue;
            AttentionTile.Multiply<S, AttentionTile.ColumnMajor>(
                take, width, end - first, scores + first * BlockRows + i, BlockRows, values + first * stride, stride, output + i * width, width, accumulate: true);
        }
    }
}
