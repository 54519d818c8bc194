using System.Runtime.CompilerServices;
using ModelDsl.Memory;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

/// <summary>
/// A row-major matrix of weights in whichever format a decoder keeps them: what its programs hand to kernels. A kernel asks for the format once a call and goes on with
/// <see cref="Float32"/> or <see cref="BFloat16"/>, so that nothing within its loops depends on it.
/// </summary>
public readonly unsafe struct Weight
{
    private readonly void* data;

    /// <summary>Weights of 32 bits.</summary>
    /// <param name="data">Element (0, 0).</param>
    /// <param name="stride">Elements from one row to the next.</param>
    public Weight(F32 data, nint stride)
    {
        this.data = data.Pointer;
        Stride = stride;
        Format = WeightFormat.Float32;
    }

    /// <summary>Weights of 16 bits.</summary>
    /// <param name="data">Element (0, 0).</param>
    /// <param name="stride">Elements from one row to the next.</param>
    public Weight(BF16 data, nint stride)
    {
        this.data = data.Pointer;
        Stride = stride;
        Format = WeightFormat.BFloat16;
    }

    /// <summary>How elements are stored.</summary>
    public WeightFormat Format { get; }

    /// <summary>Elements from one row to the next.</summary>
    public nint Stride { get; }

    /// <summary>The operand where <see cref="Format"/> is <see cref="WeightFormat.Float32"/>.</summary>
    public Stored Float32 => new(new F32((float*)data), Stride);

    /// <summary>The operand where <see cref="Format"/> is <see cref="WeightFormat.BFloat16"/>.</summary>
    public StoredBF16 BFloat16 => new(new BF16((ushort*)data), Stride);

    /// <summary>The part of the matrix that starts at an element.</summary>
    public Weight At(nint row, nint column)
        => Format == WeightFormat.BFloat16 ? new(BFloat16.Data.At(row * Stride + column), Stride) : new(Float32.Data.At(row * Stride + column), Stride);
}

/// <summary>A stored row-major matrix of 16-bit floats, widened as it is read.</summary>
/// <param name="data">Element (0, 0).</param>
/// <param name="stride">Elements from one row to the next.</param>
public readonly struct StoredBF16(BF16 data, nint stride) : IOperand
{
    /// <summary>Element (0, 0).</summary>
    public readonly BF16 Data = data;

    /// <summary>Elements from one row to the next.</summary>
    public readonly nint Stride = stride;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public S Load<S, L>(nint row, nint column, L lanes) where S : unmanaged, ISimd<S> where L : struct, ILanes
        => Data.Load<S, L>(row * Stride + column, lanes);
}
