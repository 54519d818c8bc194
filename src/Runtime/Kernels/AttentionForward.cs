using ModelDsl.Memory;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

/// <summary>
/// The forward pass of 64 query rows of one key/value head against a range of keys. Rows are (position, head of the group) pairs, so
/// that grouped heads share what is read. Queries lie in the lanes: scores are kept transposed, [key][query], which makes
/// the softmax lane-wise, leaves keys unpacked, and gives the second product its operand in the order it is read.
/// </summary>
internal readonly unsafe struct AttentionForward<S, F>(
    in AttentionShape shape, F score, AttentionBounds bounds, HeadMatrix query, AttentionKeys keys) where S : unmanaged, ISimd<S> where F : struct, IAttentionScore
{
    /// <summary>Query rows of a block.</summary>
    public const int BlockRows = 64;

    /// <summary>Keys between two updates of the running maximum: scores and values of a block stay in the first-level cache.</summary>
    private const int BlockKeys = 96;

    // Below every real score, and finite, so that a difference of two of them is not NaN.
    private const float NoScore = float.MinValue;

    private readonly AttentionShape shape = shape;
    private readonly F score = score;
    private readonly AttentionBounds bounds = bounds;
    private readonly HeadMatrix query = query;
    private readonly AttentionKeys keys = keys;

    /// <summary>Floats of a head padded to whole vectors.</summary>
    public int PaddedWidth => (shape.HeadWidth + S.Width - 1) / S.Width * S.Width;

    /// <summary>Scratch of one block.</summary>
    public nint ScratchFloats => BlockRows * (shape.HeadWidth + PaddedWidth + 5) + BlockKeys * (BlockRows + PaddedWidth);

    /// <summary>Query rows of one key/value head.</summary>
    public int Rows => shape.Time * shape.Group;

    /// <summary>The mean of the values, not yet divided by the sum: [row][<see cref="PaddedWidth"/>].</summary>
    public float* Output(float* scratch) => scratch;

    /// <summary>The running maximum of each row.</summary>
    public float* Maximum(float* scratch) => scratch + BlockRows * PaddedWidth;

    /// <summary>The sum of the exponentials of each row.</summary>
    public float* Sum(float* scratch) => Maximum(scratch) + BlockRows;

    /// <summary>Leaves in <paramref name="scratch"/> the output, maximum and sum over the keys [first, end) of the block that starts at a row.</summary>
    public void Run(int batch, int head, int row, int first, int end, float* scratch)
    {
        int width = PaddedWidth, count = Math.Min(BlockRows, Rows - row);
        float* output = Output(scratch), maximum = Maximum(scratch), sum = Sum(scratch);
        float* factor = sum + BlockRows, low = factor + BlockRows, high = low + BlockRows;
        float* queries = high + BlockRows, scores = queries + BlockRows * shape.HeadWidth, values = scores + BlockKeys * BlockRows;

        int vectors = (count + S.Width - 1) / S.Width;
        PackQueries(batch, head, row, count, vectors * S.Width, queries, low, high);
        for (int i = 0; i < count * width; i += S.Width) S.Store(output + i, S.Zero);
        for (int i = 0; i < vectors * S.Width; i += S.Width)
        {
            S.Store(maximum + i, S.Broadcast(NoScore));
            S.Store(sum + i, S.Zero);
        }

        (int seenFirst, int seenEnd) = Union(low, high, 0, count);
        first = Math.Max(first, seenFirst);
        end = Math.Min(end, seenEnd);
        for (int key = first; key < end; key += BlockKeys)
        {
            int held = Math.Min(BlockKeys, end - key);
            Score(batch, head, key, held, vectors, queries, low, high, scores);
            bool grew = false;
            for (int v = 0; v < vectors; v++) grew |= Softmax(key, held, v * S.Width, scores, low, high, maximum, sum, factor);
            if (grew && key > first) Rescale(count, factor, output);
            Accumulate(batch, head, key, held, count, scores, values, low, high, output);
        }
    }

    /// <summary>Divides by the sums and writes a block's rows.</summary>
    public void Finish(int batch, int head, int row, float* scratch, HeadMatrix output, F32 logSumExp, nint logSumExpStride)
    {
        int count = Math.Min(BlockRows, Rows - row);
        float* maximum = Maximum(scratch), sum = Sum(scratch);
        for (int i = 0; i < count; i += S.Width) S.Store(maximum + i, S.Load(maximum + i) + VectorMath.Log(S.Load(sum + i)));
        for (int i = 0; i < count; i++)
        {
            nint at = (nint)batch * shape.Time + (row + i) / shape.Group;
            int own = head * shape.Group + (row + i) % shape.Group;
            S reciprocal = S.Broadcast(sum[i] == 0f ? 0f : 1f / sum[i]);
            AttentionPacking.WriteRow(
                Output(scratch) + i * PaddedWidth, shape.HeadWidth, output.Data.Pointer + at * output.RowStride + own * shape.HeadWidth, reciprocal);
            if (!logSumExp.IsNull) logSumExp.Pointer[at * logSumExpStride + own] = maximum[i];
        }
    }

    /// <summary>Transposes the scaled queries and writes their bounds; lanes beyond the last row repeat it.</summary>
    private void PackQueries(int batch, int head, int row, int count, int padded, float* queries, float* low, float* high)
    {
        int width = shape.HeadWidth;
        float** source = stackalloc float*[4];
        for (int i = 0; i < padded; i += 4)
        {
            for (int j = 0; j < 4; j++)
            {
                int own = row + Math.Min(i + j, count - 1);
                int t = own / shape.Group;
                source[j] = query.Data.Pointer + ((nint)batch * shape.Time + t) * query.RowStride + (head * shape.Group + own % shape.Group) * width;
                (int from, int to) = bounds.Of(batch, t);
                low[i + j] = from;
                high[i + j] = to;
            }

            AttentionPacking.TransposeFour(source[0], source[1], source[2], source[3], width, queries + i, BlockRows, shape.Scale);
        }
    }

    /// <summary>Scores of a block of keys, where a vector of queries sees any of a strip of them.</summary>
    private void Score(int batch, int head, int key, int held, int vectors, float* queries, float* low, float* high, float* scores)
    {
        float* source = keys.Key(batch, head, key);
        for (int i = 0; i < held; i += AttentionTile.Rows)
        {
            int rows = Math.Min(AttentionTile.Rows, held - i);
            int first = 0, end = vectors;
            while (first < end && !Sees(low, high, first, key + i, rows)) first++;
            while (end > first && !Sees(low, high, end - 1, key + i, rows)) end--;
            if (first == end) continue;
            AttentionTile.Multiply<S, AttentionTile.RowMajor>(
                rows, (end - first) * S.Width, shape.HeadWidth, source + i * keys.KeyStride, keys.KeyStride,
                queries + first * S.Width, BlockRows, scores + i * BlockRows + first * S.Width, BlockRows, accumulate: false);
        }
    }

    private static bool Sees(float* low, float* high, int vector, int key, int rows)
    {
        (int first, int end) = Union(low, high, vector * S.Width, S.Width);
        return first < key + rows && end > key;
    }

    /// <summary>
    /// Turns the scores of one vector of queries into exponentials under the new maximum, zero where a query does not see the key, and
    /// updates maximum and sum. True when a maximum grew; the factor of what was summed before is then in <paramref name="factor"/>.
    /// </summary>
    private bool Softmax(int key, int held, int lane, float* scores, float* low, float* high, float* maximum, float* sum, float* factor)
    {
        (int unionFirst, int unionEnd) = Union(low, high, lane, S.Width);
        int first = Math.Clamp(unionFirst - key, 0, held), end = Math.Clamp(unionEnd - key, first, held);
        float* column = scores + lane;
        for (int i = 0; i < first; i++) S.Store(column + i * BlockRows, S.Zero);
        for (int i = end; i < held; i++) S.Store(column + i * BlockRows, S.Zero);
        S.Store(factor + lane, S.Broadcast(1f));
        if (first == end) return false;

        S before = S.Load(maximum + lane);
        S largest = before;
        if (Intersection(low, high, lane, key, key + held))
        {
            if (!F.IsIdentity)
                for (int i = first; i < end; i++) S.Store(column + i * BlockRows, score.Transform(S.Load(column + i * BlockRows)));
            largest = Largest(column, first, end, largest);
        }
        else
        {
            S from = S.Load(low + lane), to = S.Load(high + lane);
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
    private void Accumulate(int batch, int head, int key, int held, int count, float* scores, float* packed, float* low, float* high, float* output)
    {
        int width = PaddedWidth;
        float* values = keys.Value(batch, head, key);
        nint stride = keys.ValueStride;
        if (width != shape.HeadWidth || stride != width)
        {
            for (int i = 0; i < held; i++) AttentionPacking.CopyRow(values + i * stride, shape.HeadWidth, packed + i * width, S.Broadcast(1f));
            values = packed;
            stride = width;
        }

        for (int i = 0; i < count; i += AttentionTile.Rows)
        {
            int rows = Math.Min(AttentionTile.Rows, count - i);
            (int first, int end) = Union(low, high, i, rows);
            first = Math.Clamp(first - key, 0, held);
            end = Math.Clamp(end - key, first, held);
            if (first == end) continue;
            AttentionTile.Multiply<S, AttentionTile.ColumnMajor>(
                rows, width, end - first, scores + first * BlockRows + i, BlockRows, values + first * stride, stride, output + i * width, width, accumulate: true);
        }
    }

    /// <summary>The keys that any of some lanes sees.</summary>
    private static (int First, int End) Union(float* low, float* high, int lane, int count)
    {
        float first = low[lane], end = high[lane];
        for (int i = lane + 1; i < lane + count; i++)
        {
            first = Math.Min(first, low[i]);
            end = Math.Max(end, high[i]);
        }

        return ((int)first, (int)end);
    }

    /// <summary>True when all lanes of a vector see all keys of a block.</summary>
    private static bool Intersection(float* low, float* high, int lane, int key, int end)
    {
        for (int i = lane; i < lane + S.Width; i++)
            if (low[i] > key || high[i] < end) return false;
        return true;
    }
}
