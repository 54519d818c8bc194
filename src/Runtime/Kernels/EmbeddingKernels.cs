using System.Runtime.CompilerServices;
using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

/// <summary>Lookup of rows of a table by token id or by position, and the gradient of the table. Ids are checked before they come here.</summary>
public static unsafe partial class EmbeddingKernels
{
    /// <summary>output[r, :] = table[ids[r], :].</summary>
    /// <param name="pool">The workers.</param>
    /// <param name="rows">Number of ids.</param>
    /// <param name="ids">Ids [rows].</param>
    /// <param name="table">The table [vocabulary, width].</param>
    /// <param name="width">Columns.</param>
    /// <param name="output">Receives [rows, width].</param>
    /// <param name="outputStride">Floats from one row of the output to the next.</param>
    public static void Gather<T>(WorkerPool pool, nint rows, I32 ids, in T table, int width, F32 output, nint outputStride) where T : struct, IOperand
        => RowKernels.Run(pool, rows, new TokenRows<T>(ids, table, width, output, outputStride));

    /// <summary>The same with a table in either format.</summary>
    /// <inheritdoc cref="Gather{T}"/>
    public static void Gather(WorkerPool pool, nint rows, I32 ids, in Weight table, int width, F32 output, nint outputStride)
    {
        if (table.Format == WeightFormat.BFloat16) Gather(pool, rows, ids, table.BFloat16, width, output, outputStride);
        else Gather(pool, rows, ids, table.Float32, width, output, outputStride);
    }

    /// <summary>output[b·time + t, :] = table[starts[b] + t, :].</summary>
    /// <param name="pool">The workers.</param>
    /// <param name="batch">Sequences.</param>
    /// <param name="time">Positions of each.</param>
    /// <param name="starts">Position of each sequence's first row [batch]; null for 0.</param>
    /// <param name="table">The table [context, width].</param>
    /// <param name="width">Columns.</param>
    /// <param name="output">Receives [batch·time, width].</param>
    /// <param name="outputStride">Floats from one row of the output to the next.</param>
    public static void GatherPositions<T>(WorkerPool pool, int batch, int time, I32 starts, in T table, int width, F32 output, nint outputStride) where T : struct, IOperand
        => RowKernels.Run(pool, (nint)batch * time, new PositionRows<T>(time, starts, table, width, output, outputStride));

    /// <summary>The same with a table in either format.</summary>
    /// <inheritdoc cref="GatherPositions{T}"/>
    public static void GatherPositions(WorkerPool pool, int batch, int time, I32 starts, in Weight table, int width, F32 output, nint outputStride)
    {
        if (table.Format == WeightFormat.BFloat16) GatherPositions(pool, batch, time, starts, table.BFloat16, width, output, outputStride);
        else GatherPositions(pool, batch, time, starts, table.Float32, width, output, outputStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint Position(nint row, int time, I32 starts)
    {
        nint sequence = row / time;
        return row - sequence * time + (starts.IsNull ? 0 : starts[sequence]);
    }

    private static void Copy<S, T>(in T table, nint row, F32 target, int width) where S : unmanaged, ISimd<S> where T : struct, IOperand
    {
        T source = table;
        int column = 0;
        for (; column <= width - S.Width; column += S.Width) S.Store(target.Pointer + column, source.Load<S, AllLanes>(row, column, default));
        if (column < width) S.Store(target.Pointer + column, source.Load<S, FirstLanes>(row, column, new FirstLanes(width - column)), width - column);
    }

    internal readonly struct TokenRows<T>(I32 ids, T table, int width, F32 output, nint outputStride) : IRowKernel where T : struct, IOperand
    {
        public int Accumulators => 0;

        public void Row<S>(nint row, F32 accumulators) where S : unmanaged, ISimd<S>
            => Copy<S, T>(table, ids[row], output.At(row * outputStride), width);

        public void Finish<S>(F32 accumulators) where S : unmanaged, ISimd<S> { }
    }

    internal readonly struct PositionRows<T>(int time, I32 starts, T table, int width, F32 output, nint outputStride) : IRowKernel where T : struct, IOperand
    {
        public int Accumulators => 0;

        public void Row<S>(nint row, F32 accumulators) where S : unmanaged, ISimd<S>
            => Copy<S, T>(table, Position(row, time, starts), output.At(row * outputStride), width);

        public void Finish<S>(F32 accumulators) where S : unmanaged, ISimd<S> { }
    }
}
