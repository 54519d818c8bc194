using ModelDsl.Memory;
using ModelDsl.Programs;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl;

/// <summary>The Euclidean norm of all gradients together: one sweep, one partial sum a tile, added in order.</summary>
internal static class GradientNorm
{
    /// <summary>The norm over all tiles of the layout; not finite exactly when a gradient is not.</summary>
    public static double Compute(WorkerPool pool, UpdateLayout layout, F32 gradients)
    {
        pool.Run(layout.Tiles.Length, new SumOfSquares(gradients, layout.Tiles, layout.Partials));
        double sum = 0;
        foreach (double partial in layout.Partials) sum += partial;
        // Squares of finite floats above 1.8e19 overflow: tell them from gradients that are not finite.
        return double.IsFinite(sum) ? Math.Sqrt(sum) : InDouble(layout, gradients);
    }

    /// <summary>The first parameter of the layout with a gradient that is not finite.</summary>
    public static ParameterInfo? FirstNonFinite(UpdateLayout layout, F32 gradients)
    {
        foreach (ParameterInfo info in layout.Trained)
        {
            for (nint i = 0; i < (nint)info.Length; i++)
            {
                if (!float.IsFinite(gradients[(nint)info.Offset + i])) return info;
            }
        }

        return null;
    }

    private static double InDouble(UpdateLayout layout, F32 gradients)
    {
        double sum = 0;
        foreach (UpdateTile tile in layout.Tiles)
        {
            for (nint i = 0; i < tile.Length; i++)
            {
                double value = gradients[tile.Offset + i];
                sum += value * value;
            }
        }

        return Math.Sqrt(sum);
    }

    private readonly struct SumOfSquares(F32 gradients, UpdateTile[] tiles, double[] partials) : IParallelBody
    {
        public void Run(int tile, int worker) => Vectors.Run(new Body(gradients, tiles[tile], partials, tile));
    }

    private readonly struct Body(F32 gradients, UpdateTile tile, double[] partials, int index) : ISimdBody
    {
        // Four chains hide the latency of the addition; a lane adds at most 16 K / 4 squares before the sum goes on in double.
        public unsafe void Run<S>() where S : unmanaged, ISimd<S>
        {
            float* g = gradients.Pointer + tile.Offset;
            S a = S.Zero, b = S.Zero, c = S.Zero, d = S.Zero;
            nint i = 0;
            for (; i + 4 * S.Width <= tile.Length; i += 4 * S.Width)
            {
                S x = S.Load(g + i), y = S.Load(g + i + S.Width), z = S.Load(g + i + 2 * S.Width), w = S.Load(g + i + 3 * S.Width);
                a = S.MultiplyAdd(x, x, a);
                b = S.MultiplyAdd(y, y, b);
                c = S.MultiplyAdd(z, z, c);
                d = S.MultiplyAdd(w, w, d);
            }

            for (; i < tile.Length; i += S.Width)
            {
                S x = S.Load(g + i);
                a = S.MultiplyAdd(x, x, a);
            }

            partials[index] = S.Sum((a + b) + (c + d));
        }
    }
}
