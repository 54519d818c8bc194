using ModelDsl.Memory;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

/// <summary>What the backward pass reads and writes; a class of handles only, so that tiles pass one thing around.</summary>
/// <param name="Query">Queries.</param>
/// <param name="Output">Results of the forward pass.</param>
/// <param name="LogSumExp">Of the forward pass, [row · LogSumExpStride + head]; of a selective one as <see cref="AttentionSelection"/> says.</param>
/// <param name="LogSumExpStride">Floats from one row to the next.</param>
/// <param name="OutputGradient">Upstream.</param>
/// <param name="KeyGradient">Overwritten.</param>
/// <param name="ValueGradient">Overwritten.</param>
internal readonly record struct AttentionGradients(
    HeadMatrix Query, HeadMatrix Output, F32 LogSumExp, nint LogSumExpStride, HeadMatrix OutputGradient, HeadMatrix KeyGradient, HeadMatrix ValueGradient);

/// <summary>
/// The backward pass of a span of keys of one key/value head, against all query rows that see them. Keys lie in the lanes. With
/// P = e^(s - logSumExp), D = Σ dO·O and dS = P·(dO·V - D): dV = Pᵀ·dO, dK = scale·dSᵀ·Q, dQ = scale·dS·K, the last one a sum over spans.
/// Where a query selects, P is 0 at the keys it does not keep; the threshold itself has no gradient, since a constant added to all scores changes no probability. The recomputed scores
/// are those of the forward to the bit, the same products in the same order, so that the same keys are kept. With a gate u = softplus(t) of the columns behind the predictor:
/// dV = (P·u)ᵀ·dO, dS = P·(u·dO·V - D) for the first columns and dT = P·sigmoid(t)·dO·V for the others.
/// </summary>
internal readonly unsafe struct AttentionBackward<S, F>(
    in AttentionShape shape, F score, AttentionBounds bounds, AttentionKeys keys, in AttentionGradients data) where S : unmanaged, ISimd<S> where F : struct, IAttentionScore
{
    /// <summary>Keys of a block.</summary>
    public const int BlockKeys = 64;

    /// <summary>Query rows of a block.</summary>
    private const int BlockRows = 48;

    // The strips of one full key block bring all rows of a block near.
    private const int AheadRows = 2;

    private readonly AttentionShape shape = shape;
    private readonly F score = score;
    private readonly AttentionBounds bounds = bounds;
    private readonly AttentionKeys keys = keys;
    private readonly AttentionGradients data = data;
    private readonly AttentionRows queries = new(shape);

    private int Width => shape.HeadWidth;

    private int PaddedWidth { get; } = (shape.HeadWidth + S.Width - 1) / S.Width * S.Width;

    /// <summary>Floats of the scored columns of a query or key, padded.</summary>
    private int PaddedScore { get; } = (shape.ScoreWidth + S.Width - 1) / S.Width * S.Width;

    /// <summary>Floats of a query or key: the scored columns, padded, and the others, padded.</summary>
    private int PaddedKey => PaddedScore + PaddedGate;

    private int PaddedGate { get; } = (shape.GateWidth + S.Width - 1) / S.Width * S.Width;

    private bool IsGated => shape.GateWidth > 0;

    private int SpanRowFloats => 2 * Width + 2 * PaddedKey + PaddedWidth;

    private int BlockRowFloats => 2 * PaddedKey + PaddedWidth + 3 * BlockKeys + 5;

    /// <summary>Scratch for spans of up to a number of key blocks.</summary>
    public nint ScratchFloats(int blocks)
        => (nint)blocks * BlockKeys * SpanRowFloats + BlockRows * BlockRowFloats;

    /// <summary>
    /// Computes a span of keys. Its part of the queries' gradient goes to <paramref name="target"/>: written for every row when
    /// <paramref name="overwrite"/>, otherwise added for the rows that see a key of the span.
    /// </summary>
    public void Run(int batch, int head, int key, int count, HeadMatrix target, bool overwrite, float* scratch)
    {
        var span = new Span(scratch, count, Width, PaddedWidth, PaddedKey);
        var block = new Block(scratch + (nint)span.Blocks * BlockKeys * SpanRowFloats, PaddedWidth, PaddedKey);
        var ahead = new AttentionAhead(queries, Width, batch, head);
        PackKeys(batch, head, key, count, span);
        for (int row = 0; row < queries.Count; row += BlockRows)
        {
            int rows = Math.Min(BlockRows, queries.Count - row);
            (int low, int high) = ReadBounds(batch, row, rows, block);
            bool seen = low < key + count && high > key;
            if (!seen && !overwrite) continue;
            for (int i = 0; i < rows * PaddedKey; i += S.Width) S.Store(block.QueryGradient + i, S.Zero);
            if (seen)
            {
                PackRows(batch, head, row, rows, block);
                ahead.Current(target, row, rows);
                ahead.Next(row + BlockRows, BlockRows, data.Query, data.OutputGradient, data.Output);
                for (int k = 0; k < span.Blocks; k++)
                {
                    int first = key + k * BlockKeys, held = Math.Min(BlockKeys, key + count - first);
                    if (low >= first + held || high <= first) continue;
                    if (row + BlockRows >= queries.Count) Prefetch(batch, head, first, held);
                    for (int i = 0; i < rows; i += AttentionTile.Rows) MultiplyRows(first, held, i, Math.Min(AttentionTile.Rows, rows - i), k, span, block, ref ahead);
                    MultiplyKeys(first, held, rows, k, span, block, ref ahead);
                }
            }

            for (int i = 0; i < rows; i++)
            {
                float* to = queries.In(target, batch, head, row + i), from = block.QueryGradient + i * PaddedKey;
                Write(from, to, shape.ScoreWidth, shape.Scale, overwrite);
                if (IsGated) Write(from + PaddedScore, to + shape.ScoreWidth, shape.GateWidth, shape.GateScale, overwrite);
            }
        }

        for (int i = 0; i < count; i++)
        {
            float* gradient = span.KeyGradient + (nint)i * PaddedKey, to = KeyRow(data.KeyGradient, batch, head, key + i);
            Write(gradient, to, shape.ScoreWidth, 1f, overwrite: true);
            if (IsGated) Write(gradient + PaddedScore, to + shape.ScoreWidth, shape.GateWidth, 1f, overwrite: true);
            Write(span.ValueGradient + (nint)i * PaddedWidth, KeyRow(data.ValueGradient, batch, head, key + i), Width, 1f, overwrite: true);
        }
    }

    private static void Write(float* from, float* to, int width, float scale, bool overwrite)
    {
        if (overwrite) AttentionPacking.WriteRow(from, width, to, S.Broadcast(scale));
        else AttentionPacking.AddRow(from, width, to, S.Broadcast(scale));
    }

    private void Prefetch(int batch, int head, int key, int count)
    {
        for (int i = 0; i < count; i++)
        {
            AttentionPacking.Prefetch(KeyRow(data.KeyGradient, batch, head, key + i), Width);
            AttentionPacking.Prefetch(KeyRow(data.ValueGradient, batch, head, key + i), Width);
        }
    }

    private float* KeyRow(HeadMatrix matrix, int batch, int head, int key)
        => matrix.Data.Pointer + ((nint)batch * shape.Time + key) * matrix.RowStride + head * Width;

    private void PackKeys(int batch, int head, int key, int count, Span span)
    {
        for (nint i = 0; i < (nint)count * PaddedKey; i += S.Width) S.Store(span.KeyGradient + i, S.Zero);
        for (nint i = 0; i < (nint)count * PaddedWidth; i += S.Width) S.Store(span.ValueGradient + i, S.Zero);
        for (int i = 0; i < count; i++) AttentionPacking.Prefetch(keys.Value(batch, head, key + i), Width);
        for (int i = 0; i < count; i++) CopyKey(keys.Key(batch, head, key + i), span.Keys + (nint)i * PaddedKey, 1f, 1f);
        for (int i = 0; i < span.Blocks * BlockKeys; i += 4)
        {
            // Lanes beyond the last key repeat it: finite, and seen by no query.
            nint at = (nint)(i / BlockKeys) * BlockKeys * Width + i % BlockKeys;
            int k0 = key + Math.Min(i, count - 1), k1 = key + Math.Min(i + 1, count - 1), k2 = key + Math.Min(i + 2, count - 1), k3 = key + Math.Min(i + 3, count - 1);
            AttentionPacking.TransposeFour(
                keys.Key(batch, head, k0), keys.Key(batch, head, k1), keys.Key(batch, head, k2), keys.Key(batch, head, k3), Width, span.KeyColumns + at, BlockKeys, 1f);
            AttentionPacking.TransposeFour(
                keys.Value(batch, head, k0), keys.Value(batch, head, k1), keys.Value(batch, head, k2), keys.Value(batch, head, k3), Width, span.ValueColumns + at, BlockKeys, 1f);
        }
    }

    private void CopyKey(float* source, float* target, float scale, float gateScale)
    {
        AttentionPacking.CopyRow(source, shape.ScoreWidth, target, S.Broadcast(scale));
        if (IsGated) AttentionPacking.CopyRow(source + shape.ScoreWidth, shape.GateWidth, target + PaddedScore, S.Broadcast(gateScale));
    }

    private (int Low, int High) ReadBounds(int batch, int row, int rows, Block block)
    {
        int low = int.MaxValue, high = 0;
        for (int i = 0; i < rows; i++)
        {
            (int from, int to) = bounds.Of(batch, queries.Position(row + i));
            block.Low[i] = from;
            block.High[i] = to;
            if (from >= to) continue;
            low = Math.Min(low, from);
            high = Math.Max(high, to);
        }

        return (low, high);
    }

    private void PackRows(int batch, int head, int row, int rows, Block block)
    {
        int padded = PaddedWidth;
        for (int i = 0; i < rows; i++)
        {
            float* gradient = block.OutputGradient + i * padded;
            CopyKey(queries.In(data.Query, batch, head, row + i), block.Query + i * PaddedKey, shape.Scale, shape.GateScale);
            AttentionPacking.CopyRow(queries.In(data.OutputGradient, batch, head, row + i), Width, gradient, S.Broadcast(1f));
            float* output = queries.In(data.Output, batch, head, row + i);
            S dot = S.Zero;
            int k = 0;
            for (; k <= Width - S.Width; k += S.Width) dot = S.MultiplyAdd(S.Load(gradient + k), S.Load(output + k), dot);
            if (k < Width) dot = S.MultiplyAdd(S.Load(gradient + k), S.Load(output + k, Width - k), dot);
            block.Dot[i] = S.Sum(dot);
            block.LogSumExp[i] = queries.In(data.LogSumExp, data.LogSumExpStride, batch, head, row + i);
            if (shape.TopK > 0) block.Threshold[i] = new AttentionSelection(queries, shape.Heads, data.LogSumExp, data.LogSumExpStride).Threshold(batch, head, row + i);
        }
    }

    /// <summary>A strip of rows against a block of keys: P, dS and what they give the queries.</summary>
    private void MultiplyRows(int key, int held, int row, int rows, int index, Span span, Block block, ref AttentionAhead ahead)
    {
        int padded = PaddedWidth;
        (int first, int end) = Union(block, row, rows, key, held);
        float* p = block.P + row * BlockKeys, ds = block.DS + row * BlockKeys, dt = block.DT + row * BlockKeys;
        if (first < end)
        {
            int lane = first / S.Width * S.Width, lanes = (end + S.Width - 1) / S.Width * S.Width - lane;
            nint columns = (nint)index * BlockKeys * Width + lane;
            AttentionTile.Multiply<S, AttentionTile.RowMajor>(
                rows, lanes, shape.ScoreWidth, block.Query + row * PaddedKey, PaddedKey, span.KeyColumns + columns, BlockKeys, p + lane, BlockKeys, accumulate: false);
            ahead.Step(AheadRows);
            if (IsGated)
            {
                AttentionTile.Multiply<S, AttentionTile.RowMajor>(
                    rows, lanes, shape.GateWidth, block.Query + row * PaddedKey + PaddedScore, PaddedKey, span.KeyColumns + columns + shape.ScoreWidth * BlockKeys, BlockKeys,
                    dt + lane, BlockKeys, accumulate: false);
            }

            AttentionTile.Multiply<S, AttentionTile.RowMajor>(
                rows, lanes, Width, block.OutputGradient + row * padded, padded, span.ValueColumns + columns, BlockKeys, ds + lane, BlockKeys, accumulate: false);
            ahead.Step(AheadRows);
        }

        for (int i = row; i < row + rows; i++)
        {
            if (shape.TopK > 0) DifferentiateSelected(key, held, i, block);
            else Differentiate(key, held, i, block);
        }

        if (first == end) return;
        float* own = span.Keys + ((nint)index * BlockKeys + first) * PaddedKey, gradient = block.QueryGradient + row * PaddedKey;
        AttentionTile.Multiply<S, AttentionTile.RowMajor>(rows, PaddedScore, end - first, ds + first, BlockKeys, own, PaddedKey, gradient, PaddedKey, accumulate: true);
        if (!IsGated) return;
        AttentionTile.Multiply<S, AttentionTile.RowMajor>(
            rows, PaddedGate, end - first, dt + first, BlockKeys, own + PaddedScore, PaddedKey, gradient + PaddedScore, PaddedKey, accumulate: true);
    }

    /// <summary>A block of rows against a block of keys: what P and dS give the values and keys.</summary>
    private void MultiplyKeys(int key, int held, int rows, int index, Span span, Block block, ref AttentionAhead ahead)
    {
        int padded = PaddedWidth;
        nint at = (nint)index * BlockKeys;
        for (int i = 0; i < held; i += AttentionTile.Rows)
        {
            int take = Math.Min(AttentionTile.Rows, held - i);
            int first = 0, end = rows;
            while (first < end && !(block.Low[first] < key + i + take && block.High[first] > key + i)) first++;
            while (end > first && !(block.Low[end - 1] < key + i + take && block.High[end - 1] > key + i)) end--;
            if (first == end) continue;
            ahead.Step(AheadRows);
            AttentionTile.Multiply<S, AttentionTile.ColumnMajor>(
                take, padded, end - first, block.P + first * BlockKeys + i, BlockKeys, block.OutputGradient + first * padded, padded,
                span.ValueGradient + (at + i) * padded, padded, accumulate: true);
            float* own = block.Query + first * PaddedKey, gradient = span.KeyGradient + (at + i) * PaddedKey;
            AttentionTile.Multiply<S, AttentionTile.ColumnMajor>(
                take, PaddedScore, end - first, block.DS + first * BlockKeys + i, BlockKeys, own, PaddedKey, gradient, PaddedKey, accumulate: true);
            if (!IsGated) continue;
            AttentionTile.Multiply<S, AttentionTile.ColumnMajor>(
                take, PaddedGate, end - first, block.DT + first * BlockKeys + i, BlockKeys, own + PaddedScore, PaddedKey, gradient + PaddedScore, PaddedKey, accumulate: true);
        }
    }

    /// <summary>Scores to P and dO·V to dS for one row, zero where the row does not see the key.</summary>
    private void Differentiate(int key, int held, int row, Block block)
    {
        float* p = block.P + row * BlockKeys, ds = block.DS + row * BlockKeys;
        int low = Math.Clamp(block.Low[row] - key, 0, held), high = Math.Clamp(block.High[row] - key, low, held);
        int lane = low / S.Width * S.Width, end = (high + S.Width - 1) / S.Width * S.Width;
        if (low == high) end = lane;
        for (int i = 0; i < lane; i += S.Width) Clear(p + i, ds + i);
        for (int i = end; i < BlockKeys; i += S.Width) Clear(p + i, ds + i);

        S lse = S.Broadcast(block.LogSumExp[row]), dot = S.Broadcast(block.Dot[row]);
        for (int i = lane; i < end; i += S.Width)
        {
            S s = score.Transform(S.Load(p + i));
            // A probability is at most 1, also where scores are so large that the recomputed one differs from the forward's by whole units.
            S weight = VectorMath.ExpOfNonPositive(S.Min(S.Zero, s - lse));
            S slope = weight * (S.Load(ds + i) - dot);
            if (!F.IsIdentity) slope *= score.Slope(s);
            if (i + S.Width > high)
            {
                weight = S.First(weight, high - i);
                slope = S.First(slope, high - i);
            }

            S.Store(p + i, weight);
            S.Store(ds + i, slope);
        }

        for (int i = lane; i < low && i < end; i++) p[i] = ds[i] = 0f;
    }

    /// <summary>
    /// Scores to what weights the values, dO·V to dS and the products behind the predictor to dT for one row, zero where the row does not keep the key. One step of its own a vector:
    /// the keys a row sees are masked like those it does not keep.
    /// </summary>
    private void DifferentiateSelected(int key, int held, int row, Block block)
    {
        float* p = block.P + row * BlockKeys, ds = block.DS + row * BlockKeys, dt = block.DT + row * BlockKeys;
        int low = Math.Clamp(block.Low[row] - key, 0, held), high = Math.Clamp(block.High[row] - key, low, held);
        int only = -1;
        if (float.IsPositiveInfinity(block.Threshold[row]))
        {
            // A probability of 1 whatever the score is: its gradient is 0.
            only = (int)block.LogSumExp[row] - key;
            (low, high) = only >= low && only < high ? (only, only + 1) : (0, 0);
        }

        int lane = low / S.Width * S.Width, end = low == high ? lane : (high + S.Width - 1) / S.Width * S.Width;
        for (int i = 0; i < BlockKeys; i += S.Width)
        {
            if (i >= lane && i < end) continue;
            Clear(p + i, ds + i);
            if (IsGated) S.Store(dt + i, S.Zero);
        }

        S lse = S.Broadcast(block.LogSumExp[row]), dot = S.Broadcast(block.Dot[row]), threshold = S.Broadcast(block.Threshold[row]), one = S.Broadcast(1f);
        for (int i = lane; i < end; i += S.Width)
        {
            S s = score.Transform(S.Load(p + i)), upstream = S.Load(ds + i);
            S weight = only >= 0 ? one : S.Select(S.LessThan(threshold, s), VectorMath.ExpOfNonPositive(S.Min(S.Zero, s - lse)), S.Zero);
            if (i + S.Width > high) weight = S.First(weight, high - i);
            if (i < low) weight -= S.First(weight, low - i);
            // Selected after the products: what a key holds that is not kept may be no number.
            S probability = weight, isKept = S.LessThan(S.Zero, probability);
            if (IsGated)
            {
                S t = S.Load(dt + i);
                S.Store(dt + i, S.Select(isKept, probability * VectorMath.Sigmoid(t) * upstream, S.Zero));
                S gate = VectorMath.Softplus(t);
                weight *= gate;
                upstream *= gate;
            }

            S slope = probability * (upstream - dot);
            if (!F.IsIdentity) slope *= score.Slope(s);
            S.Store(p + i, S.Select(isKept, weight, S.Zero));
            S.Store(ds + i, only >= 0 ? S.Zero : S.Select(isKept, slope, S.Zero));
        }
    }

    private static void Clear(float* p, float* ds)
    {
        S.Store(p, S.Zero);
        S.Store(ds, S.Zero);
    }

    private static (int First, int End) Union(Block block, int row, int rows, int key, int held)
    {
        int low = int.MaxValue, high = 0;
        for (int i = row; i < row + rows; i++)
        {
            low = Math.Min(low, block.Low[i]);
            high = Math.Max(high, block.High[i]);
        }

        low = Math.Clamp(low - key, 0, held);
        return (low, Math.Clamp(high - key, low, held));
    }

    /// <summary>A span of keys in scratch.</summary>
    private readonly struct Span
    {
        public readonly int Blocks;
        public readonly float* KeyColumns, ValueColumns, Keys, KeyGradient, ValueGradient;

        public Span(float* scratch, int count, int width, int padded, int paddedKey)
        {
            Blocks = (count + BlockKeys - 1) / BlockKeys;
            nint rows = (nint)Blocks * BlockKeys;
            Keys = scratch;
            KeyGradient = Keys + rows * paddedKey;
            ValueGradient = KeyGradient + rows * paddedKey;
            KeyColumns = ValueGradient + rows * padded;
            ValueColumns = KeyColumns + rows * width;
        }
    }

    /// <summary>A block of query rows in scratch.</summary>
    private readonly struct Block(float* scratch, int padded, int paddedKey)
    {
        public readonly float* Query = scratch, QueryGradient = scratch + BlockRows * paddedKey, OutputGradient = scratch + 2 * BlockRows * paddedKey;
        public readonly float* P = Own(scratch, padded, paddedKey), DS = Own(scratch, padded, paddedKey) + BlockRows * BlockKeys, DT = Own(scratch, padded, paddedKey) + 2 * BlockRows * BlockKeys;
        public readonly float* Dot = Numbers(scratch, padded, paddedKey), LogSumExp = Numbers(scratch, padded, paddedKey) + BlockRows, Threshold = Numbers(scratch, padded, paddedKey) + 2 * BlockRows;
        public readonly int* Low = (int*)(Numbers(scratch, padded, paddedKey) + 3 * BlockRows), High = (int*)(Numbers(scratch, padded, paddedKey) + 4 * BlockRows);

        private static float* Own(float* scratch, int padded, int paddedKey) => scratch + BlockRows * (2 * paddedKey + padded);

        private static float* Numbers(float* scratch, int padded, int paddedKey) => Own(scratch, padded, paddedKey) + 3 * BlockRows * BlockKeys;
    }
}
