using ModelDsl.Memory;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

/// <summary>
/// A fused chain of pointwise operations and row reductions over one row, generated: norms, their backward, losses of pointwise form.
/// </summary>
public interface IRowKernel
{
    /// <summary>Floats of column accumulators (gradients of broadcast operands, summed over rows) this kernel needs; 0 for none.</summary>
    int Accumulators { get; }

    /// <summary>Computes one row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="accumulators">Zeroed <see cref="Accumulators"/> floats shared by the rows of one tile, to add to.</param>
    void Row<S>(nint row, F32 accumulators) where S : unmanaged, ISimd<S>;

    /// <summary>Receives the sum of the accumulators over all rows, added in a fixed order.</summary>
    void Finish<S>(F32 accumulators) where S : unmanaged, ISimd<S>;
}
