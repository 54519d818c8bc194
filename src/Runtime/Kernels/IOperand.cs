using System.Runtime.CompilerServices;
using ModelDsl.Memory;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

/// <summary>
/// How a matrix product reads one of its operands while packing it: plainly, or through a prologue that the fusion stage
/// folded into it (a norm, an activation). Coordinates are those of the stored, row-major source.
/// </summary>
public interface IOperand
{
    /// <summary>Elements (row, column .. column + lanes) of the source.</summary>
    S Load<S, L>(nint row, nint column, L lanes) where S : unmanaged, ISimd<S> where L : struct, ILanes;
}

/// <summary>A stored row-major matrix, read as it is.</summary>
/// <param name="data">Element (0, 0).</param>
/// <param name="stride">Floats from one row to the next.</param>
public readonly struct Stored(F32 data, nint stride) : IOperand
{
    /// <summary>Element (0, 0).</summary>
    public readonly F32 Data = data;

    /// <summary>Floats from one row to the next.</summary>
    public readonly nint Stride = stride;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public S Load<S, L>(nint row, nint column, L lanes) where S : unmanaged, ISimd<S> where L : struct, ILanes
        => Data.Load<S, L>(row * Stride + column, lanes);
}
