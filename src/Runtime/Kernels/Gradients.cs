using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

/// <summary>Whole-arena reductions of gradients.</summary>
public static unsafe class Gradients
{
    /// <summary>Floats of a tile: long enough to be claimed cheaply, short enough to balance.</summary>
    private const int Tile = 1 << 15;

    /// <summary>Squares added in single precision in one lane before the sum goes on in double.</summary>
    private const int Depth = 16;

    /// <summary>
    /// Σ g². Single-precision chains of 16 squares, then double, in an order that depends on the length alone: relative error below
    /// 1e-6 (squares beyond the range of a float give infinity, which is what a caller that skips such a step looks for).
    /// </summary>
    /// <param name="pool">The workers; its shared scratch holds a double for each 32,768 floats.</param>
    /// <param name="gradients">The gradients.</param>
    /// <param name="length">How many.</param>
    public static double SquaredNorm(WorkerPool pool, F32 gradients, nint length)
    {
        double sum = 0;
        Vectors.Run(new NormBody(pool, gradients, length, &sum));
        return sum;
    }

    /// <summary>The same at a chosen vector width.</summary>
    internal static double SquaredNorm<S>(WorkerPool pool, F32 gradients, nint length) where S : unmanaged, ISimd<S>
    {
        if (length <= 0) return 0;
        int tiles = (int)((length + Tile - 1) / Tile);
        double* sums = (double*)pool.Shared(2 * (nint)tiles).Pointer;
        pool.Run(tiles, new SquareTile<S>(gradients, length, sums));
        double sum = 0;
        for (int tile = 0; tile < tiles; tile++) sum += sums[tile];
        return sum;
    }

    private readonly struct NormBody(WorkerPool pool, F32 gradients, nint length, double* sum) : ISimdBody
    {
        public void Run<S>() where S : unmanaged, ISimd<S> => *sum = SquaredNorm<S>(pool, gradients, length);
    }

    private readonly struct SquareTile<S>(F32 gradients, nint length, double* sums) : IParallelBody where S : unmanaged, ISimd<S>
    {
        public void Run(int tile, int worker)
        {
            nint first = (nint)tile * Tile;
            sums[tile] = Squares(gradients.Pointer + first, (int)Math.Min(Tile, length - first));
        }

        private static double Squares(float* source, int count)
        {
            double sum = 0;
            int block = 8 * Depth * S.Width;
            for (; count >= block; count -= block, source += block) sum += Block(source);
            while (count > 0)
            {
                S value = count >= S.Width ? S.Load(source) : S.Load(source, count);
                sum += S.Sum(value * value);
                source += S.Width;
                count -= S.Width;
            }

            return sum;
        }

        // Eight chains hide the latency of the multiply-add.
        private static float Block(float* source)
        {
            S s0 = S.Zero, s1 = S.Zero, s2 = S.Zero, s3 = S.Zero, s4 = S.Zero, s5 = S.Zero, s6 = S.Zero, s7 = S.Zero;
            for (int step = 0; step < Depth; step++)
            {
                S v0 = S.Load(source), v1 = S.Load(source + S.Width), v2 = S.Load(source + 2 * S.Width), v3 = S.Load(source + 3 * S.Width);
                S v4 = S.Load(source + 4 * S.Width), v5 = S.Load(source + 5 * S.Width), v6 = S.Load(source + 6 * S.Width), v7 = S.Load(source + 7 * S.Width);
                s0 = S.MultiplyAdd(v0, v0, s0);
                s1 = S.MultiplyAdd(v1, v1, s1);
                s2 = S.MultiplyAdd(v2, v2, s2);
                s3 = S.MultiplyAdd(v3, v3, s3);
                s4 = S.MultiplyAdd(v4, v4, s4);
                s5 = S.MultiplyAdd(v5, v5, s5);
                s6 = S.MultiplyAdd(v6, v6, s6);
                s7 = S.MultiplyAdd(v7, v7, s7);
                source += 8 * S.Width;
            }

            return S.Sum(((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7)));
        }
    }
}
