using System.Runtime.CompilerServices;
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

    private void Update<S>(UpdateTile tile) where S : unmanaged, ISimd<S>
    {
        F32 w = parameters.At(tile.Offset), g = gradients.At(tile.Offset), m = means.At(tile.Offset), v = squares.At(tile.Offset);
        TileRates rate = rates[tile.Group];
        Factors<S> factors = new(rate.Keep, -rate.StepSize, clip, beta1, meanWeight, beta2, squareWeight, rootScale, epsilon);
        nint i = 0;
        for (; i <= tile.Length - S.Width; i += S.Width) Update<S, AllLanes>(w, g, m, v, i, default, factors);
        if (i < tile.Length) Update<S, FirstLanes>(w, g, m, v, i, new FirstLanes((int)(tile.Length - i)), factors);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Update<S, L>(F32 w, F32 g, F32 m, F32 v, nint i, L lanes, in Factors<S> by) where S : unmanaged, ISimd<S> where L : struct, ILanes
    {
        S gradient = g.Load<S, L>(i, lanes) * by.Clip;
        S mean = S.MultiplyAdd(by.ToMean, gradient, by.KeepMean * m.Load<S, L>(i, lanes));
        S square = S.MultiplyAdd(by.ToSquare * gradient, gradient, by.KeepSquare * v.Load<S, L>(i, lanes));
        S denominator = S.MultiplyAdd(S.Sqrt(square), by.RootScale, by.Epsilon);
        m.Store(i, mean, lanes);
        v.Store(i, square, lanes);
        w.Store(i, S.MultiplyAdd(by.Step, mean / denominator, by.Keep * w.Load<S, L>(i, lanes)), lanes);
    }

    /// <summary>The factors of a tile, in every lane.</summary>
    private readonly struct Factors<S>(float keep, float step, float clip, float keepMean, float toMean, float keepSquare, float toSquare, float rootScale, float epsilon)
        where S : unmanaged, ISimd<S>
    {
        public readonly S Keep = S.Broadcast(keep), Step = S.Broadcast(step), Clip = S.Broadcast(clip);
        public readonly S KeepMean = S.Broadcast(keepMean), ToMean = S.Broadcast(toMean), KeepSquare = S.Broadcast(keepSquare), ToSquare = S.Broadcast(toSquare);
        public readonly S RootScale = S.Broadcast(rootScale), Epsilon = S.Broadcast(epsilon);
    }
}
