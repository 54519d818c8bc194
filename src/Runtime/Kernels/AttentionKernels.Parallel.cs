using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

public static unsafe partial class AttentionKernels
{
    // Enough tiles that threads end together, whatever their number; never a function of it.
    private const int EnoughTiles = 32;

    /// <summary>
    /// One tile is some adjacent blocks of query rows of one key/value head, the last first, because causal it takes longest. Where there
    /// are heads enough it is a whole head, so that each block's rows can be asked for while the block before is computed.
    /// </summary>
    private readonly struct ForwardBody<S, F>(
        WorkerPool pool, AttentionShape shape, AttentionForward<S, F> forward, HeadMatrix output, F32 logSumExp, nint logSumExpStride) : IParallelBody
        where S : unmanaged, ISimd<S> where F : struct, IAttentionScore
    {
        private const int MostBlocks = 8;

        private readonly int tileRows = TileBlocks(shape) * BlockRows;
        private readonly int tiles = (new AttentionRows(shape).Count + TileBlocks(shape) * BlockRows - 1) / (TileBlocks(shape) * BlockRows);

        private static int BlockRows => AttentionForward<S, F>.BlockRows;

        public int Tiles => shape.Batch * shape.KeyValueHeads * tiles;

        public void Run(int tile, int worker)
        {
            float* scratch = pool.Local(worker, forward.ScratchFloats).Pointer;
            int batch = tile / tiles / shape.KeyValueHeads, head = tile / tiles % shape.KeyValueHeads;
            int first = (tiles - 1 - tile % tiles) * tileRows, last = (Math.Min(first + tileRows, new AttentionRows(shape).Count) - 1) / BlockRows * BlockRows;
            for (int row = last; row >= first; row -= BlockRows)
            {
                int next = row > first ? row - BlockRows : -1;
                if (shape.TopK > 0) forward.RunSelected(batch, head, row, output, next, row == last, scratch);
                else forward.Run(batch, head, row, 0, int.MaxValue, output, next, row == last, scratch);
                forward.Finish(batch, head, row, scratch, output, logSumExp, logSumExpStride);
            }
        }

        private static int TileBlocks(in AttentionShape shape)
        {
            long blocks = (new AttentionRows(shape).Count + BlockRows - 1) / BlockRows;
            return (int)Math.Clamp(blocks * shape.Batch * shape.KeyValueHeads / EnoughTiles, 1, Math.Min(blocks, MostBlocks) + (blocks == 0 ? 1 : 0));
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

    /// <summary>One tile is one part of the keys of one key/value head; parts of the queries' gradient lie one after the other.</summary>
    private readonly struct BackwardBody<S, F>(
        WorkerPool pool, AttentionShape shape, BackwardSplit split, AttentionBackward<S, F> backward, HeadMatrix target) : IParallelBody
        where S : unmanaged, ISimd<S> where F : struct, IAttentionScore
    {
        public void Run(int tile, int worker)
        {
            int heads = shape.Batch * shape.KeyValueHeads, part = tile / heads;
            int batch = tile % heads / shape.KeyValueHeads, head = tile % shape.KeyValueHeads;
            float* scratch = pool.Local(worker, backward.ScratchFloats(split.SpanBlocks)).Pointer;
            var sum = new HeadMatrix(target.Data.At(part * split.PartFloats), target.RowStride);
            for (int span = part; span < split.Spans; span += split.Splits)
            {
                int key = span * split.SpanKeys;
                backward.Run(batch, head, key, Math.Min(split.SpanKeys, shape.Time - key), sum, overwrite: span == part, scratch);
            }
        }
    }

    /// <summary>Adds the parts of some rows.</summary>
    private readonly struct AddParts<S>(AttentionShape shape, F32 parts, BackwardSplit split, HeadMatrix gradient) : IParallelBody
        where S : unmanaged, ISimd<S>
    {
        private const int TileRows = 32;

        public int Tiles => (shape.Batch * shape.Time + TileRows - 1) / TileRows;

        public void Run(int tile, int worker)
        {
            int width = shape.Heads * shape.HeadWidth;
            for (int row = tile * TileRows; row < Math.Min((tile + 1) * TileRows, shape.Batch * shape.Time); row++)
            {
                float* source = parts.Pointer + (nint)row * width, target = gradient.Data.Pointer + row * gradient.RowStride;
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
}
