using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

/// <summary>
/// Matrix products C[m, n] = op(A)[m, k] · op(B)[k, n] in 32-bit floats, whose operands are read through prologues and whose elements
/// go to an epilogue. Every element is summed in an order that depends on the shape and the vector width alone: the number of threads
/// does not change a bit of the result.
/// </summary>
public static class MatMul
{
    /// <summary>Computes the product and hands every element to <paramref name="epilogue"/> exactly once.</summary>
    /// <param name="pool">The worker threads.</param>
    /// <param name="m">Rows of the product.</param>
    /// <param name="n">Columns of the product.</param>
    /// <param name="k">Length of the dot products; 0 gives zeros.</param>
    /// <param name="a">Left operand: source [m, k], or [k, m] when transposed.</param>
    /// <param name="transposeA">The left source is stored [k, m].</param>
    /// <param name="b">Right operand: source [k, n], or [n, k] when transposed (weights of a linear layer, [out, in]).</param>
    /// <param name="transposeB">The right source is stored [n, k].</param>
    /// <param name="epilogue">What becomes of the elements. It must not write what an operand still reads.</param>
    public static void Run<TA, TB, TE>(WorkerPool pool, nint m, nint n, nint k, in TA a, bool transposeA, in TB b, bool transposeB, in TE epilogue)
        where TA : struct, IOperand where TB : struct, IOperand where TE : struct, IEpilogue
        => Vectors.Run(new RunBody<TA, TB, TE>(pool, m, n, k, a, transposeA, b, transposeB, epilogue));

    /// <summary>The same with weights on the right, in either format.</summary>
    /// <inheritdoc cref="Run{TA, TB, TE}"/>
    public static void Run<TA, TE>(WorkerPool pool, nint m, nint n, nint k, in TA a, bool transposeA, in Weight b, bool transposeB, in TE epilogue)
        where TA : struct, IOperand where TE : struct, IEpilogue
    {
        if (b.Format == WeightFormat.BFloat16) Run(pool, m, n, k, a, transposeA, b.BFloat16, transposeB, epilogue);
        else Run(pool, m, n, k, a, transposeA, b.Float32, transposeB, epilogue);
    }

    /// <summary>Floats that <see cref="PackB"/> writes for a right operand of n columns and depth k on this machine.</summary>
    public static nint PackedFloats(nint n, nint k) => MatMulBlocking.RoundUp(n, 2 * Vectors.Width) * k;

    /// <summary>Packs a right operand once, for several calls of <see cref="RunPacked"/>.</summary>
    /// <param name="pool">The worker threads.</param>
    /// <param name="n">Columns.</param>
    /// <param name="k">Depth.</param>
    /// <param name="b">Right operand: source [k, n], or [n, k] when transposed.</param>
    /// <param name="transposeB">The source is stored [n, k].</param>
    /// <param name="packed">Where to: <see cref="PackedFloats"/> floats, on a 64-byte boundary for full speed.</param>
    public static void PackB<TB>(WorkerPool pool, nint n, nint k, in TB b, bool transposeB, F32 packed) where TB : struct, IOperand
        => Vectors.Run(new PackBody<TB>(pool, n, k, b, transposeB, packed));

    /// <summary>As <see cref="Run{TA, TB, TE}"/>, with a right operand packed before by <see cref="PackB"/> with the same n and k.</summary>
    /// <param name="pool">The worker threads.</param>
    /// <param name="m">Rows of the product.</param>
    /// <param name="n">Columns of the product.</param>
    /// <param name="k">Length of the dot products.</param>
    /// <param name="a">Left operand: source [m, k], or [k, m] when transposed.</param>
    /// <param name="transposeA">The left source is stored [k, m].</param>
    /// <param name="packedB">The packed right operand.</param>
    /// <param name="epilogue">What becomes of the elements.</param>
    public static void RunPacked<TA, TE>(WorkerPool pool, nint m, nint n, nint k, in TA a, bool transposeA, F32 packedB, in TE epilogue)
        where TA : struct, IOperand where TE : struct, IEpilogue
        => Vectors.Run(new PackedBody<TA, TE>(pool, m, n, k, a, transposeA, packedB, epilogue));

    private readonly struct RunBody<TA, TB, TE>(WorkerPool pool, nint m, nint n, nint k, TA a, bool transposeA, TB b, bool transposeB, TE epilogue) : ISimdBody
        where TA : struct, IOperand where TB : struct, IOperand where TE : struct, IEpilogue
    {
        public void Run<S>() where S : unmanaged, ISimd<S> => MatMul<S>.Run(pool, m, n, k, a, transposeA, b, transposeB, epilogue);
    }

    private readonly struct PackBody<TB>(WorkerPool pool, nint n, nint k, TB b, bool transposeB, F32 packed) : ISimdBody where TB : struct, IOperand
    {
        public void Run<S>() where S : unmanaged, ISimd<S> => MatMul<S>.PackB(pool, n, k, b, transposeB, packed);
    }

    private readonly struct PackedBody<TA, TE>(WorkerPool pool, nint m, nint n, nint k, TA a, bool transposeA, F32 packedB, TE epilogue) : ISimdBody
        where TA : struct, IOperand where TE : struct, IEpilogue
    {
        public void Run<S>() where S : unmanaged, ISimd<S> => MatMul<S>.RunPacked(pool, m, n, k, a, transposeA, packedB, epilogue);
    }
}
