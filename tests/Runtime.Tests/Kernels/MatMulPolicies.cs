using ModelDsl.Kernels;
using ModelDsl.Memory;
using ModelDsl.Simd;

namespace ModelDsl.Runtime.Tests.Kernels;

/// <summary>A norm-like prologue: element (i, j) times a scale of its row, plus a shift of its column.</summary>
internal readonly struct ScaledAndShifted(F32 data, nint stride, F32 scale, F32 shift) : IOperand
{
    public S Load<S, L>(nint row, nint column, L lanes) where S : unmanaged, ISimd<S> where L : struct, ILanes
    {
        S value = S.MultiplyAdd(data.Load<S, L>(row * stride + column, lanes), S.Broadcast(scale[row]), shift.Load<S, L>(column, lanes));
        return L.All ? value : S.First(value, lanes.Count);
    }
}

/// <summary>Bias and residual into one output, the plain product into another; counts how often each element came and which tiles were finished.</summary>
internal readonly unsafe struct TwoOutputs(F32 sum, F32 product, F32 bias, F32 residual, nint columns, F32 applied, F32 finished, int granularity) : IEpilogue
{
    public int Granularity => granularity;

    public void Apply<S, L>(S value, nint row, nint column, L lanes) where S : unmanaged, ISimd<S> where L : struct, ILanes
    {
        nint index = row * columns + column;
        sum.Store(index, value + bias.Load<S, L>(column, lanes) + residual.Load<S, L>(index, lanes), lanes);
        product.Store(index, value, lanes);
        applied.Add(index, S.Broadcast(1f), lanes);
    }

    public void Finish<S>(nint row, int rows, nint column, int width) where S : unmanaged, ISimd<S>
    {
        if (column % granularity != 0 || (column + width) % granularity != 0 && column + width != columns)
            throw new InvalidOperationException($"tile of columns {column} + {width} cuts a group of {granularity}");
        for (nint i = row; i < row + rows; i++)
        {
            for (nint j = column; j < column + width; j++)
            {
                if (applied[i * columns + j] != 1f) throw new InvalidOperationException("finished before all elements were applied");
                finished[i * columns + j]++;
            }
        }
    }
}
