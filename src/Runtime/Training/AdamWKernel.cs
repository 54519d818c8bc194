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

    // Where parameters of one fused product are treated differently, a tile ends within a vector.
    private void Update<S>(UpdateTile tile) where S : unmanaged, ISimd<S>
    {
        nint whole = tile.Length - tile.Length % S.Width;
        Update<S, AllLanes>(tile, 0, whole, default);
        if (whole < tile.Length) Update<S, FirstLanes>(tile, whole, tile.Length, new FirstLanes((int)(tile.Length - whole)));
    }

    private void Update<S, L>(UpdateTile tile, nint from, nint to, L lanes) where S : unmanaged, ISimd<S> where L : struct, ILanes
    {
        F32 w = parameters.At(tile.Offset), g = gradients.At(tile.Offset), m = means.At(tile.Offset), v = squares.At(tile.Offset);
        TileRates rate = rates[tile.Group];
        S keep = S.Broadcast(rate.Keep), step = S.Broadcast(-rate.StepSize), clipping = S.Broadcast(clip);
        S keepMean = S.Broadcast(beta1), toMean = S.Broadcast(meanWeight), keepSquare = S.Broadcast(beta2), toSquare = S.Broadcast(squareWeight);
        S scale = S.Broadcast(rootScale), eps = S.Broadcast(epsilon);
        for (nint i = from; i < to; i += S.Width)
        {
            S gradient = g.Load<S, L>(i, lanes) * clipping;
            S mean = S.MultiplyAdd(toMean, gradient, keepMean * m.Load<S, L>(i, lanes));
            S square = S.MultiplyAdd(toSquare * gradient, gradient, keepSquare * v.Load<S, L>(i, lanes));
            S denominator = S.MultiplyAdd(S.Sqrt(square), scale, eps);
            m.Store(i, mean, lanes);
            v.Store(i, square, lanes);
            w.Store(i, S.MultiplyAdd(step, mean / denominator, keep * w.Load<S, L>(i, lanes)), lanes);
        }
    }
}
