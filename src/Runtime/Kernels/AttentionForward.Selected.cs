using ModelDsl.Memory;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

/// <summary>
/// Selective attention of a block of query rows. The threshold needs all scores of a row, so those of the block are kept: [key][query], sized by the keys that a block can see. Then they
/// are met once more, with the maximum of the kept ones known: it is that of all.
/// </summary>
internal readonly unsafe partial struct AttentionForward<S, F>
{
    /// <summary>Keys of a block: those of a transposed cache.</summary>
    private const int SelectedKeys = AttentionKeys.ColumnKeys;

    // Per row: the table's entry, the only key kept if it is one, and how many are kept.
    private const int SelectionLanes = 3;

    private nint SelectionFloats => shape.TopK > 0 ? (nint)BlockRows * (SelectionLanes + MostKeys) : 0;

    /// <summary>Most keys that the rows of one block see together: a window slides over the block's positions.</summary>
    private int MostKeys => shape.Window > 0 ? (int)Math.Min((long)shape.Window + BlockRows, capacity) : capacity;

    private static float* Threshold(float* sum) => sum + BlockRows;

    /// <summary>Leaves in <paramref name="scratch"/> the output, maximum, sum and threshold over all keys that the block of rows sees; otherwise as the dense one.</summary>
    public void RunSelected(int batch, int head, int row, HeadMatrix output, int next, bool firstVisit, float* scratch)
    {
        int count = Math.Min(BlockRows, rows.Count - row), vectors = (count + S.Width - 1) / S.Width;
        float* mean = Output(scratch), maximum = Maximum(scratch), sum = Sum(scratch);
        float* lanes = Threshold(sum) + BlockRows, queries = lanes + AttentionLanes.ScratchFloats, weights = queries + BlockRows * shape.HeadWidth, values = weights + BlockKeys * BlockRows;
        float* selection = scratch + OwnFloats, scores = selection + SelectionLanes * BlockRows;
        var sees = new AttentionLanes(lanes);
        PackQueries(batch, head, row, count, vectors * S.Width, queries, sees);
        sees.Prepare<S>(count);
        Clear(count, vectors, mean, maximum, sum);
        for (int i = 0; i < vectors * S.Width; i++) selection[i] = shape.Thresholds[Math.Max((int)(sees.High[i] - sees.Low[i]), 0)];

        (int first, int end) = sees.Union(count);
        var ahead = new AttentionAhead(rows, shape.HeadWidth, batch, head);
        ahead.Current(output, row, count);
        if (next >= 0) ahead.Next(next, BlockRows, query);
        for (int key = first; key < end;)
        {
            int held = Math.Min(SelectedKeys - key % SelectedKeys, end - key);
            float* at = scores + (nint)(key - first) * BlockRows;
            if (keys.IsTransposed)
                Score<AttentionTile.ColumnMajor>(keys.Column(batch, head, key), keys.ColumnStride(key), shape.ScoreWidth, null, key, held, vectors, queries, sees, at, false, ref ahead);
            else
                Score<AttentionTile.RowMajor>(keys.Key(batch, head, key), keys.KeyStride, shape.ScoreWidth, null, key, held, vectors, queries, sees, at, firstVisit, ref ahead);
            for (int v = 0; v < vectors; v++) Hide(key, held, v, at, sees, maximum);
            key += held;
        }

        for (int v = 0; v < vectors; v++) Select(first, end, v, scores, sees, maximum, sum, Threshold(sum), selection);
        for (int key = first; key < end;)
        {
            int held = Math.Min(SelectedKeys - key % SelectedKeys, end - key);
            if (shape.GateWidth > 0)
            {
                float* value = firstVisit ? keys.Value(batch, head, key) : null;
                Score<AttentionTile.RowMajor>(
                    keys.Gate(batch, head, key), keys.GateStride, shape.GateWidth, value, key, held, vectors, queries + shape.ScoreWidth * BlockRows, sees, weights, firstVisit, ref ahead);
            }

            for (int v = 0; v < vectors; v++) Weigh(key, held, v, scores + (nint)(key - first) * BlockRows, weights, sees, maximum, sum, Threshold(sum), selection);
            Accumulate(batch, head, key, held, count, weights, values, sees, mean, ref ahead);
            key += held;
        }

        long kept = 0, seen = 0;
        for (int i = 0; i < count; i++)
        {
            kept += (long)selection[2 * BlockRows + i];
            seen += Math.Max((long)(sees.High[i] - sees.Low[i]), 0);
        }

        shape.Counter.Add(kept, seen);
    }

    private void FinishSelection(int batch, int head, int row, int lane, float* scratch, F32 statistics, nint stride)
    {
        var selection = new AttentionSelection(rows, shape.Heads, statistics, stride);
        float only = (scratch + OwnFloats + BlockRows)[lane];
        selection.Threshold(batch, head, row) = only < 0f ? Threshold(Sum(scratch))[lane] : float.PositiveInfinity;
        if (only >= 0f) selection.LogSumExp(batch, head, row) = only;
    }

    /// <summary>Transforms the scores of one vector of queries, hides those of keys a query does not see, and updates the maximum.</summary>
    private void Hide(int key, int held, int vector, float* scores, AttentionLanes sees, float* maximum)
    {
        (int first, int end) = sees.OfVector(vector, key, held);
        if (first == end) return;
        int lane = vector * S.Width;
        float* column = scores + lane;
        S largest = S.Load(maximum + lane);
        if (sees.SeesAll(vector, key, key + held))
        {
            if (!F.IsIdentity)
                for (int i = first; i < end; i++) S.Store(column + i * BlockRows, score.Transform(S.Load(column + i * BlockRows)));
            largest = Largest(column, first, end, largest);
        }
        else
        {
            S from = S.Load(sees.Low + lane), to = S.Load(sees.High + lane), hidden = S.Broadcast(float.NegativeInfinity);
            for (int i = first; i < end; i++)
            {
                S position = S.Broadcast(key + i), s = score.Transform(S.Load(column + i * BlockRows));
                s = S.Select(S.LessThan(position, from), hidden, S.Select(S.LessThan(position, to), s, hidden));
                S.Store(column + i * BlockRows, s);
                largest = S.Max(largest, s);
            }
        }

        S.Store(maximum + lane, largest);
    }

    /// <summary>
    /// The threshold of one vector of queries. Scores are taken from the largest, and their deviations from the mean itself: nothing cancels, and equal scores have a deviation of exactly 0.
    /// </summary>
    private void Select(int first, int end, int vector, float* scores, AttentionLanes sees, float* maximum, float* sums, float* threshold, float* selection)
    {
        int lane = vector * S.Width;
        (int from, int to) = sees.OfVector(vector, first, Math.Max(end - first, 0));
        float* column = scores + lane;
        // A score that is no number is not hidden.
        S least = S.Broadcast(float.MinValue), largest = S.Load(maximum + lane), count = S.Max(S.Broadcast(1f), S.Load(sees.High + lane) - S.Load(sees.Low + lane));
        S sum = S.Zero, squares = S.Zero;
        for (int i = from; i < to; i++)
        {
            S s = S.Load(column + (nint)i * BlockRows);
            sum += S.Select(S.LessThan(s, least), S.Zero, s - largest);
        }

        S mean = largest + (sum / count);
        for (int i = from; i < to; i++)
        {
            S s = S.Load(column + (nint)i * BlockRows), d = S.Select(S.LessThan(s, least), S.Zero, s - mean);
            squares = S.MultiplyAdd(d, d, squares);
        }

        S entry = S.Load(selection + lane), isAll = S.LessThan(entry, least);
        // What is below all scores, but no number where one of them is none.
        S all = S.Broadcast(float.NegativeInfinity) + (mean - mean);
        S.Store(threshold + lane, S.Select(isAll, all, S.MultiplyAdd(S.Sqrt(squares), entry, mean)));
        S.Store(selection + BlockRows + lane, S.Broadcast(-1f));
        S.Store(selection + 2 * BlockRows + lane, S.Zero);
        for (int i = lane; i < lane + S.Width; i++)
        {
            if (threshold[i] < maximum[i] || sees.High[i] <= sees.Low[i]) continue;
            if (float.IsNaN(threshold[i]))
            {
                // What is no number makes no number of the output.
                sums[i] = float.NaN;
                continue;
            }

            int only = from;
            while (only < to - 1 && scores[(nint)only * BlockRows + i] != maximum[i]) only++;
            for (int j = from; j < to; j++)
                if (j != only) scores[(nint)j * BlockRows + i] = float.NegativeInfinity;
            selection[BlockRows + i] = first + only;
            threshold[i] = float.NegativeInfinity;
        }
    }

    /// <summary>Turns the scores of one vector of queries into what they weight the values with, 0 for a key that is not kept, and adds up the softmax's denominator.</summary>
    private void Weigh(
        int key, int held, int vector, float* scores, float* weights, AttentionLanes sees, float* maximum, float* sum, float* threshold, float* selection)
    {
        (int first, int end) = sees.OfVector(vector, key, held);
        int lane = vector * S.Width;
        float* column = scores + lane, weight = weights + lane;
        for (int i = 0; i < first; i++) S.Store(weight + i * BlockRows, S.Zero);
        for (int i = end; i < held; i++) S.Store(weight + i * BlockRows, S.Zero);
        S largest = S.Load(maximum + lane), least = S.Load(threshold + lane), total = S.Load(sum + lane), kept = S.Load(selection + 2 * BlockRows + lane), one = S.Broadcast(1f);
        for (int i = first; i < end; i++)
        {
            S s = S.Load(column + i * BlockRows), above = S.LessThan(least, s);
            S p = S.Select(above, VectorMath.ExpOfNonPositive(s - largest), S.Zero);
            total += p;
            kept += S.Select(above, one, S.Zero);
            if (shape.GateWidth > 0) p *= VectorMath.Softplus(S.Load(weight + i * BlockRows));
            S.Store(weight + i * BlockRows, p);
        }

        S.Store(sum + lane, total);
        S.Store(selection + 2 * BlockRows + lane, kept);
    }
}
