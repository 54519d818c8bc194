using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl;

/// <summary>
/// One sweep over parameters, gradients and both slots: clipping, decay and update. 16 bytes are read and 12 written for each
/// parameter, which is what bounds it.
/// </summary>
internal readonly struct AdamWKernel(in UpdateContext context, float clip, float beta1, float meanWeight, float beta2, float squareWeight, float rootScale, float epsilon) : IParallelBody
{
    private readonly F32 parameters = context.Parameters;
    private readonly F32 gradients = context.Gradients;
    private readonly F32 means = context.Slots[0].Data;
    private readonly F32 squares = context.Slots[1].Data;
    private readonly UpdateTile[] tiles = context.Layout.Tiles;
    private readonly TileRates[] rates = context.Layout.Rates;

    /// <inheritdoc/>
    public void Run(int tile, int worker) => Vectors.Run(new Body(in this, tiles[tile]));

    private readonly struct Body(in AdamWKernel kernel, UpdateTile tile) : ISimdBody
    {
        private readonly AdamWKernel kernel = kernel;

        public void Run<S>() where S : unmanaged, ISimd<S> => kernel.Update<S>(tile);
    }

    // The tile is a whole number of cache lines, hence of vectors: no tail.
    private unsafe void Update<S>(UpdateTile tile) where S : unmanaged, ISimd<S>
    {
        float* w = parameters.Pointer + tile.Offset;
        float* g = gradients.Pointer + tile.Offset;
        float* m = means.Pointer + tile.Offset;
        float* v = squares.Pointer + tile.Offset;
        TileRates rate = rates[tile.Group];
        S keep = S.Broadcast(rate.Keep), step = S.Broadcast(-rate.StepSize), clipping = S.Broadcast(clip);
        S keepMean = S.Broadcast(beta1), toMean = S.Broadcast(meanWeight), keepSquare = S.Broadcast(beta2), toSquare = S.Broadcast(squareWeight);
        S scale = S.Broadcast(rootScale), eps = S.Broadcast(epsilon);
        for (nint i = 0; i < tile.Length; i += S.Width)
        {
            S gradient = S.Load(g + i) * clipping;
            S mean = S.MultiplyAdd(toMean, gradient, keepMean * S.Load(m + i));
            S square = S.MultiplyAdd(toSquare * gradient, gradient, keepSquare * S.Load(v + i));
            S denominator = S.MultiplyAdd(S.Sqrt(square), scale, eps);
            S.Store(m + i, mean);
            S.Store(v + i, square);
            S.Store(w + i, S.MultiplyAdd(step, mean / denominator, keep * S.Load(w + i)));
        }
    }
}
