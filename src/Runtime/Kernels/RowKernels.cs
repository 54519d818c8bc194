using System.Runtime.CompilerServices;
using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

/// <summary>
/// Drives generated row kernels over all rows, in parallel. Tiles of rows depend on the number of rows alone and column
/// accumulators are added in a fixed order, so that results are the same bits for any number of threads.
/// </summary>
public static unsafe partial class RowKernels
{
    /// <summary>Most tiles: enough to balance many workers, few enough that claiming them, and zeroing and summing an accumulator buffer each, costs little.</summary>
    private const int MostTiles = 64;

    /// <summary>A tile has at least this many rows, so that a few rows of decoding wake no thread.</summary>
    private const int FewestRows = 4;

    /// <summary>With accumulators, at least this many: zeroing and summing a buffer costs about as much as a row.</summary>
    private const int FewestAccumulatorRows = 8;

    /// <summary>Columns of one tile of the sum over buffers; below this all of it is the calling thread's.</summary>
    private const int SumColumns = 1024;

    /// <summary>
    /// Runs <paramref name="kernel"/> once for every row in [0, <paramref name="rows"/>) with the widest accelerated vectors;
    /// then, if it has accumulators, calls its Finish once with their sum. Allocates nothing once the pool's scratch has grown.
    /// </summary>
    /// <param name="pool">The workers; its shared scratch holds the accumulators.</param>
    /// <param name="rows">Number of rows; with 0, Finish still receives zeros.</param>
    /// <param name="kernel">The kernel.</param>
    public static void Run<TKernel>(WorkerPool pool, nint rows, in TKernel kernel) where TKernel : struct, IRowKernel
        => Run(pool, rows, FewestRows, in kernel);

    /// <summary>The same, for kernels whose rows are long enough to be a tile each.</summary>
    /// <param name="pool">The workers.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="fewestRows">A tile has at least this many rows (kernels without accumulators).</param>
    /// <param name="kernel">The kernel.</param>
    internal static void Run<TKernel>(WorkerPool pool, nint rows, int fewestRows, in TKernel kernel) where TKernel : struct, IRowKernel
        => Vectors.Run(new RunBody<TKernel>(pool, rows, fewestRows, kernel));

    /// <summary>The same at a chosen vector width.</summary>
    internal static void Run<S, TKernel>(WorkerPool pool, nint rows, int fewestRows, in TKernel kernel)
        where S : unmanaged, ISimd<S>
        where TKernel : struct, IRowKernel
    {
        int accumulators = kernel.Accumulators;
        if (accumulators == 0)
        {
            nint tileRows = Math.Max(Quotient(rows, MostTiles), fewestRows);
            pool.Run((int)Quotient(rows, tileRows), new Plain<S, TKernel>(kernel, rows, tileRows));
            return;
        }

        nint sumRows = Math.Max(Quotient(rows, MostTiles), FewestAccumulatorRows);
        int tiles = Math.Max((int)Quotient(rows, sumRows), 1);
        nint stride = BufferStride(accumulators);
        F32 buffers = pool.Shared(tiles * stride);
        pool.Run(tiles, new Accumulating<S, TKernel>(kernel, rows, sumRows, buffers, stride));
        if (tiles > 1) pool.Run((int)Quotient(accumulators, SumColumns), new Sum<S>(buffers, stride, tiles, accumulators));
        kernel.Finish<S>(buffers);
    }

    private static nint Quotient(nint value, nint divisor) => (value + divisor - 1) / divisor;

    /// <summary>Whole cache lines, an odd number of them: otherwise the same column of all buffers falls into the same few cache sets.</summary>
    private static nint BufferStride(int accumulators) => (Quotient(accumulators, 16) | 1) * 16;

    private readonly struct RunBody<TKernel>(WorkerPool pool, nint rows, int fewestRows, TKernel kernel) : ISimdBody where TKernel : struct, IRowKernel
    {
        public void Run<S>() where S : unmanaged, ISimd<S> => RowKernels.Run<S, TKernel>(pool, rows, fewestRows, in kernel);
    }

    private readonly struct Plain<S, TKernel>(TKernel kernel, nint rows, nint tileRows) : IParallelBody
        where S : unmanaged, ISimd<S>
        where TKernel : struct, IRowKernel
    {
        public void Run(int tile, int worker)
        {
            TKernel body = kernel;
            nint first = tile * tileRows;
            nint end = Math.Min(first + tileRows, rows);
            for (nint row = first; row < end; row++) body.Row<S>(row, default);
        }
    }

    private readonly struct Accumulating<S, TKernel>(TKernel kernel, nint rows, nint tileRows, F32 buffers, nint stride) : IParallelBody
        where S : unmanaged, ISimd<S>
        where TKernel : struct, IRowKernel
    {
        public void Run(int tile, int worker)
        {
            TKernel body = kernel;
            F32 accumulators = buffers.At(tile * stride);
            Unsafe.InitBlock(accumulators.Pointer, 0, (uint)(stride * sizeof(float)));
            nint first = tile * tileRows;
            nint end = Math.Min(first + tileRows, rows);
            for (nint row = first; row < end; row++) body.Row<S>(row, accumulators);
        }
    }

    /// <summary>Adds the buffers of all tiles into the first: tiles 0, 8, 16 ... in one chain, 1, 9, 17 ... in the next, then the eight chains as a tree.</summary>
    private readonly struct Sum<S>(F32 buffers, nint stride, int tiles, int columns) : IParallelBody
        where S : unmanaged, ISimd<S>
    {
        public void Run(int tile, int worker)
        {
            int column = tile * SumColumns;
            int end = Math.Min(column + SumColumns, columns);
            for (; column <= end - S.Width; column += S.Width) Add<AllLanes>(column, default);
            if (column < end) Add(column, new FirstLanes(end - column));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Add<L>(int column, L lanes) where L : struct, ILanes
        {
            S s0 = S.Zero, s1 = S.Zero, s2 = S.Zero, s3 = S.Zero, s4 = S.Zero, s5 = S.Zero, s6 = S.Zero, s7 = S.Zero;
            F32 source = buffers.At(column);
            nint step = stride;
            int tile = 0;
            for (; tile <= tiles - 8; tile += 8)
            {
                s0 += source.Load<S, L>(0, lanes);
                s1 += source.Load<S, L>(step, lanes);
                s2 += source.Load<S, L>(2 * step, lanes);
                s3 += source.Load<S, L>(3 * step, lanes);
                s4 += source.Load<S, L>(4 * step, lanes);
                s5 += source.Load<S, L>(5 * step, lanes);
                s6 += source.Load<S, L>(6 * step, lanes);
                s7 += source.Load<S, L>(7 * step, lanes);
                source = source.At(8 * step);
            }

            int rest = tiles - tile;
            if (rest > 0) s0 += source.Load<S, L>(0, lanes);
            if (rest > 1) s1 += source.Load<S, L>(step, lanes);
            if (rest > 2) s2 += source.Load<S, L>(2 * step, lanes);
            if (rest > 3) s3 += source.Load<S, L>(3 * step, lanes);
            if (rest > 4) s4 += source.Load<S, L>(4 * step, lanes);
            if (rest > 5) s5 += source.Load<S, L>(5 * step, lanes);
            if (rest > 6) s6 += source.Load<S, L>(6 * step, lanes);
            buffers.Store(column, ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7)), lanes);
        }
    }
}
