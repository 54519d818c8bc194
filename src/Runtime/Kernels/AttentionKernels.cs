using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

/// <summary>
/// Scaled dot-product attention with an online softmax: scores exist one cache-sized block at a time, forward and backward, and blocks
/// that no query of a tile sees are skipped. Results do not depend on the number of threads.
/// </summary>
public static partial class AttentionKernels
{
    /// <summary>Computes the outputs of all rows.</summary>
    /// <param name="pool">Threads.</param>
    /// <param name="shape">Sizes and variant.</param>
    /// <param name="query">[Batch · Time, Heads · HeadWidth].</param>
    /// <param name="key">[Batch · Time, KeyValueHeads · HeadWidth].</param>
    /// <param name="value">[Batch · Time, KeyValueHeads · HeadWidth].</param>
    /// <param name="output">[Batch · Time, Heads · HeadWidth], overwritten; 0 for a query that sees no key.</param>
    /// <param name="logSumExp">The logarithm of the softmax's denominator at [row · stride + head], for <see cref="Backward"/>; -∞ for a query that sees no key. Null where it is not needed.</param>
    /// <param name="logSumExpStride">Floats from one row to the next, at least Heads.</param>
    /// <exception cref="ArgumentException">The sizes contradict each other.</exception>
    public static void Forward(
        WorkerPool pool, in AttentionShape shape, HeadMatrix query, HeadMatrix key, HeadMatrix value, HeadMatrix output, F32 logSumExp, nint logSumExpStride)
    {
        shape.Validate();
        Vectors.Run(new ForwardCall(pool, shape, query, key, value, output, logSumExp, logSumExpStride));
    }

    /// <summary>
    /// Computes the gradients of queries, keys and values; those of keys and values are summed over the query heads that share them.
    /// Scores are recomputed from <paramref name="logSumExp"/>.
    /// </summary>
    /// <param name="pool">Threads.</param>
    /// <param name="shape">As in <see cref="Forward"/>.</param>
    /// <param name="query">As in <see cref="Forward"/>.</param>
    /// <param name="key">As in <see cref="Forward"/>.</param>
    /// <param name="value">As in <see cref="Forward"/>.</param>
    /// <param name="output">What <see cref="Forward"/> wrote.</param>
    /// <param name="logSumExp">What <see cref="Forward"/> wrote.</param>
    /// <param name="logSumExpStride">As in <see cref="Forward"/>.</param>
    /// <param name="outputGradient">Gradient of the loss by the output, shaped like it.</param>
    /// <param name="queryGradient">Shaped like the queries, overwritten.</param>
    /// <param name="keyGradient">Shaped like the keys, overwritten.</param>
    /// <param name="valueGradient">Shaped like the values, overwritten.</param>
    /// <exception cref="ArgumentException">The sizes contradict each other.</exception>
    public static void Backward(
        WorkerPool pool, in AttentionShape shape, HeadMatrix query, HeadMatrix key, HeadMatrix value, HeadMatrix output, F32 logSumExp, nint logSumExpStride,
        HeadMatrix outputGradient, HeadMatrix queryGradient, HeadMatrix keyGradient, HeadMatrix valueGradient)
    {
        shape.Validate();
        var data = new AttentionGradients(query, output, logSumExp, logSumExpStride, outputGradient, keyGradient, valueGradient);
        Vectors.Run(new BackwardCall(pool, shape, key, value, data, queryGradient));
    }

    internal readonly struct ForwardCall(
        WorkerPool pool, AttentionShape shape, HeadMatrix query, HeadMatrix key, HeadMatrix value, HeadMatrix output, F32 logSumExp, nint logSumExpStride) : ISimdBody
    {
        public void Run<S>() where S : unmanaged, ISimd<S>
        {
            if (shape.SoftCap > 0f) Run<S, SoftCappedScore>(new(shape.SoftCap));
            else Run<S, PlainScore>(default);
        }

        private void Run<S, F>(F score) where S : unmanaged, ISimd<S> where F : struct, IAttentionScore
        {
            var bounds = new AttentionBounds(shape, default);
            var forward = new AttentionForward<S, F>(shape, score, bounds, query, new AttentionKeys(shape, key, value), shape.Time);
            var body = new ForwardBody<S, F>(pool, shape, forward, output, logSumExp, logSumExpStride);
            pool.Reserve(forward.ScratchFloats);
            pool.Run(body.Tiles, body);
        }
    }

    internal readonly struct BackwardCall(
        WorkerPool pool, AttentionShape shape, HeadMatrix key, HeadMatrix value, AttentionGradients data, HeadMatrix queryGradient) : ISimdBody
    {
        public void Run<S>() where S : unmanaged, ISimd<S>
        {
            if (shape.SoftCap > 0f) Run<S, SoftCappedScore>(new(shape.SoftCap));
            else Run<S, PlainScore>(default);
        }

        private void Run<S, F>(F score) where S : unmanaged, ISimd<S> where F : struct, IAttentionScore
        {
            var backward = new AttentionBackward<S, F>(shape, score, new AttentionBounds(shape, default), new AttentionKeys(shape, key, value), data);
            int heads = shape.Batch * shape.KeyValueHeads;
            var split = new BackwardSplit(shape);
            pool.Reserve(backward.ScratchFloats(split.SpanBlocks));
            if (split.Splits == 1)
            {
                pool.Run(heads, new BackwardBody<S, F>(pool, shape, split, backward, queryGradient));
                return;
            }

            // Each part of the keys leaves its own sum; they are added in their order.
            F32 parts = pool.Shared(split.Splits * split.PartFloats);
            pool.Run(heads * split.Splits, new BackwardBody<S, F>(pool, shape, split, backward, new(parts, shape.Heads * shape.HeadWidth)));
            var add = new AddParts<S>(shape, parts, split, queryGradient);
            pool.Run(add.Tiles, add);
        }
    }
}
