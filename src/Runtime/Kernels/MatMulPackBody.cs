using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

/// <summary>Packs one stretch of one panel of the right operand.</summary>
internal unsafe struct MatMulPackBody<S, TB> : IParallelBody
    where S : unmanaged, ISimd<S> where TB : struct, IOperand
{
    private const int Stretch = 1024;

    public nint N, K;
    public TB B;
    public bool Transpose;
    public float* Target;

    public readonly int Tiles => (int)(Panels * Stretches);

    private readonly nint Panels => (N + 2 * S.Width - 1) / (2 * S.Width);

    private readonly nint Stretches => (K + Stretch - 1) / Stretch;

    /// <inheritdoc/>
    public readonly void Run(int tile, int worker)
    {
        nint panel = tile / Stretches, from = tile % Stretches * Stretch;
        nint column = panel * 2 * S.Width;
        MatMulPacking.Right<S, TB>(B, Transpose, column, (int)Math.Min(2 * S.Width, N - column), from, Math.Min(Stretch, K - from),
            Target + panel * 2 * S.Width * K + 2 * S.Width * from);
    }
}
