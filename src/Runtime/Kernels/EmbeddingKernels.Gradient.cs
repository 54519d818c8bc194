using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

public static unsafe partial class EmbeddingKernels
{
    /// <summary>Floats cleared by one tile.</summary>
    private const int ClearTile = 1 << 16;

    /// <summary>A slice has at least this many columns: four cache lines.</summary>
    private const int FewestColumns = 64;

    /// <summary>
    /// tableGradient[ids[r], :] += gradient[r, :] over all rows. Work is split by columns and by id, never by row: each element is
    /// added to by one worker, in the order of rows, so that the result does not depend on the split and needs no atomic operation.
    /// </summary>
    /// <param name="pool">The workers.</param>
    /// <param name="rows">Number of ids.</param>
    /// <param name="ids">Ids [rows].</param>
    /// <param name="gradient">Gradient of the looked-up rows [rows, width].</param>
    /// <param name="gradientStride">Floats from one row of it to the next.</param>
    /// <param name="vocabulary">Rows of the table.</param>
    /// <param name="width">Columns.</param>
    /// <param name="tableGradient">The table's gradient [vocabulary, width].</param>
    /// <param name="accumulate">Add to what is there; otherwise all of it is first zeroed.</param>
    public static void Scatter(
        WorkerPool pool, nint rows, I32 ids, F32 gradient, nint gradientStride, int vocabulary, int width, F32 tableGradient, bool accumulate)
        => Vectors.Run(new ScatterBody(pool, rows, ids, gradient, gradientStride, vocabulary, width, tableGradient, accumulate));

    /// <summary>The same at a chosen vector width.</summary>
    internal static void Scatter<S>(
        WorkerPool pool, nint rows, I32 ids, F32 gradient, nint gradientStride, int vocabulary, int width, F32 tableGradient, bool accumulate)
        where S : unmanaged, ISimd<S>
    {
        if (!accumulate) Clear(pool, tableGradient, (nint)vocabulary * width);

        // The split may depend on the threads because no sum does: columns first, then ids where there are more workers than slices.
        int slices = Math.Max(1, Math.Min(pool.Threads, width / FewestColumns));
        int sliceColumns = ((width + slices - 1) / slices + 15) / 16 * 16;
        slices = (width + sliceColumns - 1) / sliceColumns;
        int parts = (pool.Threads + slices - 1) / slices;
        pool.Run(slices * parts, new ScatterTile<S>(rows, ids, gradient, gradientStride, width, tableGradient, sliceColumns, parts));
    }

    /// <summary>tableGradient[t, :] (+)= Σ over b of gradient[b·time + t, :], in the order of b; rows from <paramref name="time"/> on get zero.</summary>
    /// <param name="pool">The workers.</param>
    /// <param name="batch">Sequences, each starting at position 0.</param>
    /// <param name="time">Positions of each.</param>
    /// <param name="gradient">Gradient of the looked-up rows [batch·time, width].</param>
    /// <param name="gradientStride">Floats from one row of it to the next.</param>
    /// <param name="context">Rows of the table, at least <paramref name="time"/>.</param>
    /// <param name="width">Columns.</param>
    /// <param name="tableGradient">The table's gradient [context, width].</param>
    /// <param name="accumulate">Add to what is there instead of overwriting.</param>
    public static void ScatterPositions(
        WorkerPool pool, int batch, int time, F32 gradient, nint gradientStride, int context, int width, F32 tableGradient, bool accumulate)
        => RowKernels.Run(
            pool, accumulate ? time : context, new PositionGradientRows(batch, time, gradient, gradientStride, width, tableGradient, accumulate));

    private static void Clear(WorkerPool pool, F32 data, nint length)
        => pool.Run((int)((length + ClearTile - 1) / ClearTile), new ClearTiles(data, length));

    private readonly struct ClearTiles(F32 data, nint length) : IParallelBody
    {
        public void Run(int tile, int worker)
        {
            nint first = (nint)tile * ClearTile;
            new Span<float>(data.Pointer + first, (int)Math.Min(ClearTile, length - first)).Clear();
        }
    }

    private readonly struct ScatterBody(
        WorkerPool pool, nint rows, I32 ids, F32 gradient, nint gradientStride, int vocabulary, int width, F32 tableGradient, bool accumulate) : ISimdBody
    {
        public void Run<S>() where S : unmanaged, ISimd<S> => Scatter<S>(pool, rows, ids, gradient, gradientStride, vocabulary, width, tableGradient, accumulate);
    }

    private readonly struct ScatterTile<S>(
        nint rows, I32 ids, F32 gradient, nint gradientStride, int width, F32 tableGradient, int sliceColumns, int parts) : IParallelBody
        where S : unmanaged, ISimd<S>
    {
        public void Run(int tile, int worker)
        {
            int slice = tile / parts;
            int part = tile - slice * parts;
            int column = slice * sliceColumns;
            int columns = Math.Min(sliceColumns, width - column);
            for (nint row = 0; row < rows; row++)
            {
                int id = ids[row];
                if (parts > 1 && (uint)id % (uint)parts != (uint)part) continue;
                Add(gradient.Pointer + row * gradientStride + column, tableGradient.Pointer + (nint)id * width + column, columns);
            }
        }

        private static void Add(float* source, float* target, int columns)
        {
            int column = 0;
            for (; column <= columns - S.Width; column += S.Width) S.Store(target + column, S.Load(target + column) + S.Load(source + column));
            int rest = columns - column;
            if (rest > 0) S.Store(target + column, S.Load(target + column, rest) + S.Load(source + column, rest), rest);
        }
    }

    internal readonly struct PositionGradientRows(
        int batch, int time, F32 gradient, nint gradientStride, int width, F32 tableGradient, bool accumulate) : IRowKernel
    {
        public int Accumulators => 0;

        public void Row<S>(nint row, F32 accumulators) where S : unmanaged, ISimd<S>
        {
            float* target = tableGradient.Pointer + row * width;
            if (row >= time)
            {
                new Span<float>(target, width).Clear();
                return;
            }

            int column = 0;
            for (; column <= width - S.Width; column += S.Width) Column<S, AllLanes>(row, target, column, default);
            if (column < width) Column<S, FirstLanes>(row, target, column, new FirstLanes(width - column));
        }

        public void Finish<S>(F32 accumulators) where S : unmanaged, ISimd<S> { }

        private void Column<S, L>(nint row, float* target, int column, L lanes) where S : unmanaged, ISimd<S> where L : struct, ILanes
        {
            F32 source = gradient.At(row * gradientStride + column);
            nint step = time * gradientStride;
            S sum = S.Zero;
            for (int b = 0; b < batch; b++) sum += source.Load<S, L>(b * step, lanes);
            F32 destination = new(target + column);
            if (accumulate) destination.Add(0, sum, lanes);
            else destination.Store(0, sum, lanes);
        }
    }
}
