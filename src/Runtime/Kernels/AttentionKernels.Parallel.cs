using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

public static unsafe partial class AttentionKernels
{
    // Enough tiles that threads end together, whatever their number; never a function of it.
    private const int EnoughTiles = 32;

    /// <summary>One tile is a block of query rows of one key/value head; the last rows first, because causal they have the most to do.</summary>
    private readonly struct ForwardBody<S, F>(
        WorkerPool pool, AttentionShape shape, AttentionForward<S, F> forward, HeadMatrix output, F32 logSumExp, nint logSumExpStride) : IParallelBody
        where S : unmanaged, ISimd<S> where F : struct, IAttentionScore
    {
        private readonly int heads = shape.Batch * shape.KeyValueHeads;
        private readonly int blocks = (shape.Time * shape.Group + AttentionForward<S, F>.BlockRows - 1) / AttentionForward<S, F>.BlockRows;

        public int Tiles => heads * blocks;

        public void Run(int tile, int worker)
        {
            float* scratch = pool.Local(worker, forward.ScratchFloats).Pointer;
            int row = (blocks - 1 - tile / heads) * AttentionForward<S, F>.BlockRows;
            int batch = tile % heads / shape.KeyValueHeads, head = tile % shape.KeyValueHeads;
            forward.Run(batch, head, row, 0, int.MaxValue, scratch);
            forward.Finish(batch, head, row, scratch, output, logSumExp, logSumExpStride);
        }
    }

    /// <summary>How the keys of a head are cut: whole where there are heads enough, else into parts that take every n-th span.</summary>
    private readonly struct BackwardSplit
    {
        private const int SpanFloats = 16384;

        public readonly int Splits, SpanBlocks, Spans;
        public readonly nint PartFloats;

        public BackwardSplit(in AttentionShape shape)
        {
            int blocks = Blocks(shape.Time), heads = Math.Max(shape.Batch * shape.KeyValueHeads, 1);
            Splits = Math.Clamp(EnoughTiles / heads, 1, Math.Max(blocks, 1));
            SpanBlocks = Math.Clamp((blocks + Splits - 1) / Splits, 1, Math.Max(SpanFloats / shape.HeadWidth / BlockKeys, 1));
            Spans = (blocks + SpanBlocks - 1) / SpanBlocks;
            Splits = Math.Min(Splits, Math.Max(Spans, 1));
            PartFloats = (nint)shape.Batch * shape.Time * shape.Heads * shape.HeadWidth;
        }

        public const int BlockKeys = AttentionBackward<F1, PlainScore>.BlockKeys;

        public int SpanKeys => SpanBlocks * BlockKeys;

        private static int Blocks(int time) => (time + BlockKeys - 1) / BlockKeys;
    }

    /// <summary>One tile is one part of the keys of one key/value head.</summary>
    private readonly struct BackwardBody<S, F, T>(
        WorkerPool pool, AttentionShape shape, BackwardSplit split, AttentionBackward<S, F> backward, T target) : IParallelBody
        where S : unmanaged, ISimd<S> where F : struct, IAttentionScore where T : struct, IPartialGradient<T>
    {
        public void Run(int tile, int worker)
        {
            int heads = shape.Batch * shape.KeyValueHeads, part = tile / heads;
            int batch = tile % heads / shape.KeyValueHeads, head = tile % shape.KeyValueHeads;
            float* scratch = pool.Local(worker, backward.ScratchFloats(split.SpanBlocks)).Pointer;
            for (int span = part; span < split.Spans; span += split.Splits)
            {
                int key = span * split.SpanKeys;
                backward.Run(batch, head, key, Math.Min(split.SpanKeys, shape.Time - key), target.Of(part), overwrite: span == part, scratch);
            }
        }
    }

    private interface IPartialGradient<TSelf> : IQueryGradient where TSelf : struct, IPartialGradient<TSelf>
    {
        TSelf Of(int part);
    }

    /// <summary>The gradient itself.</summary>
    private readonly struct Direct(HeadMatrix gradient, AttentionShape shape) : IPartialGradient<Direct>
    {
        public Direct Of(int part) => this;

        public float* Row(int batch, int time, int head)
            => gradient.Data.Pointer + ((nint)batch * shape.Time + time) * gradient.RowStride + head * shape.HeadWidth;
    }

    /// <summary>One part's sum, dense.</summary>
    private readonly struct Partial(F32 data, BackwardSplit split, AttentionShape shape) : IPartialGradient<Partial>
    {
        public Partial Of(int part) => new(data.At(part * split.PartFloats), split, shape);

        public float* Row(int batch, int time, int head)
            => data.Pointer + (((nint)batch * shape.Time + time) * shape.Heads + head) * shape.HeadWidth;
    }

    /// <summary>Adds the parts of one row.</summary>
    private readonly struct AddParts<S>(AttentionShape shape, F32 partial, BackwardSplit split, HeadMatrix gradient) : IParallelBody
        where S : unmanaged, ISimd<S>
    {
        public void Run(int tile, int worker)
        {
            int width = shape.Heads * shape.HeadWidth;
            float* source = partial.Pointer + (nint)tile * width, target = gradient.Data.Pointer + tile * gradient.RowStride;
            for (int i = 0; i < width; i += S.Width)
            {
                int lanes = Math.Min(S.Width, width - i);
                S sum = S.Zero;
                for (int part = 0; part < split.Splits; part++) sum += S.Load(source + part * split.PartFloats + i, lanes);
                S.Store(target + i, sum, lanes);
            }
        }
    }
}
