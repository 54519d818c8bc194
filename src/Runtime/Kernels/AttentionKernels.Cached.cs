using System.Runtime.InteropServices;
using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

public static unsafe partial class AttentionKernels
{
    /// <summary>Floats of a cache of keys, or of one of values.</summary>
    /// <param name="shape">Sizes.</param>
    /// <param name="capacity">Positions a sequence.</param>
    public static nint CacheFloats(in AttentionShape shape, int capacity) => (nint)shape.Batch * shape.KeyValueHeads * capacity * shape.HeadWidth;

    /// <summary>
    /// Decoding and chunked prefill: stores the new keys and values in the caches, then computes the outputs of the new rows over
    /// everything held, causally. Caches are laid out [Batch, KeyValueHeads, capacity, HeadWidth]: what one head reads is contiguous. Of selective attention, the cache of keys holds
    /// their scored columns apart from the others.
    /// </summary>
    /// <param name="pool">Threads.</param>
    /// <param name="shape">Sizes and variant; Time is the number of new rows of each sequence, Causal is taken as set.</param>
    /// <param name="starts">[Batch]: positions a sequence holds already, which is the position of its first new row.</param>
    /// <param name="capacity">Positions a sequence has room for.</param>
    /// <param name="query">[Batch · Time, Heads · HeadWidth].</param>
    /// <param name="key">[Batch · Time, KeyValueHeads · HeadWidth].</param>
    /// <param name="value">[Batch · Time, KeyValueHeads · HeadWidth].</param>
    /// <param name="keyCache"><see cref="CacheFloats"/> floats; nothing at or beyond a sequence's last new row is read.</param>
    /// <param name="valueCache">Likewise.</param>
    /// <param name="output">[Batch · Time, Heads · HeadWidth], overwritten.</param>
    /// <exception cref="ArgumentException">The sizes contradict each other, or a sequence has no room for its new rows.</exception>
    public static void Cached(
        WorkerPool pool, in AttentionShape shape, I32 starts, int capacity, HeadMatrix query, HeadMatrix key, HeadMatrix value, F32 keyCache, F32 valueCache, HeadMatrix output)
    {
        shape.Validate();
        for (int b = 0; b < shape.Batch; b++)
        {
            if (starts[b] < 0 || starts[b] > capacity - shape.Time)
                throw new ArgumentException($"Sequence {b} holds {starts[b]} of {capacity} positions: no room for {shape.Time} more.", nameof(starts));
        }

        Vectors.Run(new CachedCall(pool, shape, starts, capacity, query, key, value, keyCache, valueCache, output));
    }

    internal readonly struct CachedCall(
        WorkerPool pool, AttentionShape shape, I32 starts, int capacity, HeadMatrix query, HeadMatrix key, HeadMatrix value, F32 keyCache, F32 valueCache,
        HeadMatrix output) : ISimdBody
    {
        public void Run<S>() where S : unmanaged, ISimd<S>
        {
            if (shape.SoftCap > 0f) Run<S, SoftCappedScore>(new(shape.SoftCap));
            else Run<S, PlainScore>(default);
        }

        private void Run<S, F>(F score) where S : unmanaged, ISimd<S> where F : struct, IAttentionScore
        {
            if (shape.Batch == 0 || shape.Time == 0) return;
            var bounds = new AttentionBounds(shape, starts);
            var keys = new AttentionKeys(shape, keyCache, valueCache, capacity);
            var fresh = new AttentionKeys(shape, key, value);
            int held = 0, heads = shape.Batch * shape.KeyValueHeads, rows = new AttentionRows(shape).Count;
            for (int b = 0; b < shape.Batch; b++) held = Math.Max(held, bounds.Keys(b));

            if (rows <= SelectiveDecode<S, F>.MostRows && shape.TopK > 0)
            {
                int parts = (held + SelectiveDecode<S, F>.PartKeys - 1) / SelectiveDecode<S, F>.PartKeys, most = (capacity + SelectiveDecode<S, F>.PartKeys - 1) / SelectiveDecode<S, F>.PartKeys;
                nint scores = SelectiveScores.Floats(heads, rows, capacity, most);
                F32 shared = pool.Shared(scores + PartsFloats<S>(rows, heads, most));
                var decode = new SelectiveDecode<S, F>(shape, score, bounds, query, keys, new SelectiveScores(shared, rows, capacity, most));
                var results = new AttentionParts<S>(shared.At(scores), rows, PaddedWidth<S>(), parts);
                pool.Reserve(decode.ScratchFloats);
                pool.Run(heads * parts, new SelectiveScoreBody<S, F>(pool, shape, bounds, fresh, keys, decode, parts));
                pool.Run(heads * parts, new SelectiveDecodeBody<S, F>(pool, shape, decode, results, parts));
                pool.Run(heads, new MergeBody<S>(shape, rows, 1, results, output));
                return;
            }

            if (rows <= AttentionDecode<S, F>.MostRows && shape.TopK == 0)
            {
                var decode = new AttentionDecode<S, F>(shape, score, bounds, query, keys);
                int parts = (held + AttentionDecode<S, F>.PartKeys - 1) / AttentionDecode<S, F>.PartKeys;
                AttentionParts<S> results = Parts<S>(rows, heads, parts, AttentionDecode<S, F>.PartKeys);
                pool.Reserve(decode.ScratchFloats);
                pool.Run(heads * parts, new DecodeBody<S, F>(pool, shape, bounds, fresh, keys, decode, results, parts));
                pool.Run(heads, new MergeBody<S>(shape, rows, 1, results, output));
                return;
            }

            pool.Run(heads, new StoreBody(shape, bounds, fresh, keys));
            var forward = new AttentionForward<S, F>(shape, score, bounds, query, keys, capacity);
            var whole = new ForwardBody<S, F>(pool, shape, forward, output, default, 0);
            int blocks = (rows + AttentionForward<S, F>.BlockRows - 1) / AttentionForward<S, F>.BlockRows;
            pool.Reserve(forward.ScratchFloats);
            if (heads * blocks >= EnoughTiles || shape.TopK > 0)
            {
                pool.Run(whole.Tiles, whole);
                return;
            }

            int cuts = (held + PrefillBody<S, F>.PartKeys - 1) / PrefillBody<S, F>.PartKeys;
            AttentionParts<S> cut = Parts<S>(AttentionForward<S, F>.BlockRows, heads * blocks, cuts, PrefillBody<S, F>.PartKeys);
            if (cuts == 1)
            {
                pool.Run(whole.Tiles, whole);
                return;
            }

            pool.Run(heads * blocks * cuts, new PrefillBody<S, F>(pool, shape, forward, cut, blocks, cuts));
            pool.Run(heads * blocks, new MergeBody<S>(shape, AttentionForward<S, F>.BlockRows, blocks, cut, output));
        }

        /// <summary>Room for the results of parts: as many as a full cache has, asked for even while there is one part only, so that nothing grows with a sequence.</summary>
        private AttentionParts<S> Parts<S>(int rows, int blocks, int parts, int partKeys) where S : unmanaged, ISimd<S>
            => new(pool.Shared(PartsFloats<S>(rows, blocks, (capacity + partKeys - 1) / partKeys)), rows, PaddedWidth<S>(), parts);

        private nint PartsFloats<S>(int rows, int blocks, int parts) where S : unmanaged, ISimd<S> => AttentionParts<S>.PartFloats(rows, PaddedWidth<S>()) * blocks * parts;

        private int PaddedWidth<S>() where S : unmanaged, ISimd<S> => (shape.HeadWidth + S.Width - 1) / S.Width * S.Width;
    }

    /// <summary>Copies new keys and values [first, end) of a head to the caches.</summary>
    private static void Store(in AttentionShape shape, int start, in AttentionKeys from, in AttentionKeys to, int batch, int head, int first, int end)
    {
        for (int t = first; t < end; t++)
        {
            float* key = from.Key(batch, head, t);
            if (to.IsTransposed)
            {
                float* column = to.Column(batch, head, start + t);
                int stride = to.ColumnStride(start + t);
                for (int i = 0; i < shape.ScoreWidth; i++) column[i * stride] = key[i];
                new ReadOnlySpan<float>(key + shape.ScoreWidth, shape.GateWidth).CopyTo(new(to.Gate(batch, head, start + t), shape.GateWidth));
            }
            else
            {
                new ReadOnlySpan<float>(key, shape.HeadWidth).CopyTo(new(to.Key(batch, head, start + t), shape.HeadWidth));
            }

            new ReadOnlySpan<float>(from.Value(batch, head, t), shape.HeadWidth).CopyTo(new(to.Value(batch, head, start + t), shape.HeadWidth));
        }
    }

    /// <summary>One tile stores the new rows of one key/value head.</summary>
    private readonly struct StoreBody(AttentionShape shape, AttentionBounds bounds, AttentionKeys from, AttentionKeys to) : IParallelBody
    {
        public void Run(int tile, int worker)
        {
            int batch = tile / shape.KeyValueHeads;
            Store(shape, bounds.Keys(batch) - shape.Time, from, to, batch, tile % shape.KeyValueHeads, 0, shape.Time);
        }
    }

    /// <summary>One tile is one part of the keys of one key/value head; it first stores those new rows that fall into its part.</summary>
    private readonly struct DecodeBody<S, F>(
        WorkerPool pool, AttentionShape shape, AttentionBounds bounds, AttentionKeys fresh, AttentionKeys keys, AttentionDecode<S, F> decode, AttentionParts<S> results, int parts)
        : IParallelBody where S : unmanaged, ISimd<S> where F : struct, IAttentionScore
    {
        public void Run(int tile, int worker)
        {
            int batch = tile / parts / shape.KeyValueHeads, head = tile / parts % shape.KeyValueHeads, part = tile % parts;
            int start = bounds.Keys(batch) - shape.Time, key = part * AttentionDecode<S, F>.PartKeys;
            Store(shape, start, fresh, keys, batch, head, Math.Clamp(key - start, 0, shape.Time), Math.Clamp(key + AttentionDecode<S, F>.PartKeys - start, 0, shape.Time));
            decode.Run(batch, head, part, results.Values(tile / parts, part), pool.Local(worker, decode.ScratchFloats).Pointer);
        }
    }

    /// <summary>One tile is one part of the keys of one key/value head, to be scored; it first stores those new rows that fall into its part.</summary>
    private readonly struct SelectiveScoreBody<S, F>(
        WorkerPool pool, AttentionShape shape, AttentionBounds bounds, AttentionKeys fresh, AttentionKeys keys, SelectiveDecode<S, F> decode, int parts)
        : IParallelBody where S : unmanaged, ISimd<S> where F : struct, IAttentionScore
    {
        public void Run(int tile, int worker)
        {
            int block = tile / parts, batch = block / shape.KeyValueHeads, head = block % shape.KeyValueHeads, part = tile % parts;
            int start = bounds.Keys(batch) - shape.Time, key = part * SelectiveDecode<S, F>.PartKeys;
            Store(shape, start, fresh, keys, batch, head, Math.Clamp(key - start, 0, shape.Time), Math.Clamp(key + SelectiveDecode<S, F>.PartKeys - start, 0, shape.Time));
            decode.Score(batch, head, block, part, pool.Local(worker, decode.ScratchFloats).Pointer);
        }
    }

    /// <summary>One tile is one part of the keys of one key/value head, whose kept keys are read.</summary>
    private readonly struct SelectiveDecodeBody<S, F>(WorkerPool pool, AttentionShape shape, SelectiveDecode<S, F> decode, AttentionParts<S> results, int parts)
        : IParallelBody where S : unmanaged, ISimd<S> where F : struct, IAttentionScore
    {
        public void Run(int tile, int worker)
        {
            int block = tile / parts, part = tile % parts;
            decode.Run(
                block / shape.KeyValueHeads, block % shape.KeyValueHeads, block, part, parts, results.Values(block, part), pool.Local(worker, decode.ScratchFloats).Pointer);
        }
    }

    /// <summary>One tile is a block of query rows against one part of the keys.</summary>
    private readonly struct PrefillBody<S, F>(
        WorkerPool pool, AttentionShape shape, AttentionForward<S, F> forward, AttentionParts<S> results, int blocks, int parts) : IParallelBody
        where S : unmanaged, ISimd<S> where F : struct, IAttentionScore
    {
        public const int PartKeys = 576;

        public void Run(int tile, int worker)
        {
            int block = tile / parts, part = tile % parts, head = block / blocks;
            float* scratch = pool.Local(worker, forward.ScratchFloats).Pointer;
            forward.Run(
                head / shape.KeyValueHeads, head % shape.KeyValueHeads, block % blocks * AttentionForward<S, F>.BlockRows, part * PartKeys, (part + 1) * PartKeys,
                output: default, next: -1, firstVisit: true, scratch);
            nint floats = AttentionParts<S>.PartFloats(AttentionForward<S, F>.BlockRows, forward.PaddedWidth);
            NativeMemory.Copy(scratch, results.Values(block, part), (nuint)floats * sizeof(float));
        }
    }

    /// <summary>One tile merges the parts of one block of rows.</summary>
    private readonly struct MergeBody<S>(AttentionShape shape, int blockRows, int blocks, AttentionParts<S> results, HeadMatrix output) : IParallelBody
        where S : unmanaged, ISimd<S>
    {
        public void Run(int tile, int worker)
        {
            int head = tile / blocks, batch = head / shape.KeyValueHeads, row = tile % blocks * blockRows;
            var rows = new AttentionRows(shape);
            int count = Math.Min(blockRows, rows.Count - row);
            for (int i = 0; i < count; i++)
                results.Merge(tile, i, shape.HeadWidth, rows.In(output, batch, head % shape.KeyValueHeads, row + i));
        }
    }
}
