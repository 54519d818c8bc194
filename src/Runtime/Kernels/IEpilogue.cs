using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using ModelDsl.Memory;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

/// <summary>
/// What becomes of the elements of a matrix product: the fusion stage folds the pointwise operations that consume them
/// (bias, activation, residual, its gradient) into one of these, and the product is never stored by itself.
/// </summary>
public interface IEpilogue
{
    /// <summary>Columns that must be finished together (a head of a rotary embedding), 1 where it does not matter. Tiles end on multiples of it.</summary>
    int Granularity { get; }

    /// <summary>Consumes finished elements (row, column .. column + lanes) of the product. Called exactly once an element, after all of K.</summary>
    void Apply<S, L>(S product, nint row, nint column, L lanes) where S : unmanaged, ISimd<S> where L : struct, ILanes;

    /// <summary>Called once for every finished tile, after <see cref="Apply"/> has seen all of it and while what it stored is still in cache.</summary>
    void Finish<S>(nint row, int rows, nint column, int columns) where S : unmanaged, ISimd<S>;
}

/// <summary>Stores the product, or adds it to what is there (gradients of several uses or of several micro-batches).</summary>
/// <param name="target">Element (0, 0).</param>
/// <param name="stride">Floats from one row to the next.</param>
/// <param name="accumulate">Add instead of overwriting.</param>
public readonly struct StoreProduct(F32 target, nint stride, bool accumulate) : IEpilogue
{
    /// <inheritdoc/>
    public int Granularity => 1;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Apply<S, L>(S product, nint row, nint column, L lanes) where S : unmanaged, ISimd<S> where L : struct, ILanes
    {
        nint index = row * stride + column;
        if (accumulate) target.Add(index, product, lanes);
        else target.Store(index, product, lanes);
    }

    /// <inheritdoc/>
    public void Finish<S>(nint row, int rows, nint column, int columns) where S : unmanaged, ISimd<S> { }

    /// <summary>Fetches the first <paramref name="floats"/> (at most two lines) of some rows of the target, for a tile whose sums are about to be computed.</summary>
    internal unsafe void Fetch(nint row, int rows, nint column, int floats)
    {
        if (!Sse.IsSupported) return;
        float* at = target.Pointer + row * stride + column;
        for (int i = 0; i < rows; i++, at += stride)
        {
            Sse.Prefetch0(at);
            Sse.Prefetch0(at + floats - 1);
        }
    }
}
