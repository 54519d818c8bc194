using System.Runtime.CompilerServices;
using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

/// <summary>The matrix product at a given vector width; <see cref="MatMul"/> has the contract.</summary>
internal static unsafe class MatMul<S> where S : unmanaged, ISimd<S>
{
    /// <summary><see cref="MatMul.Run{TA, TB, TE}"/> at this width.</summary>
    public static void Run<TA, TB, TE>(WorkerPool pool, nint m, nint n, nint k, in TA a, bool transposeA, in TB b, bool transposeB, in TE epilogue)
        where TA : struct, IOperand where TB : struct, IOperand where TE : struct, IEpilogue
    {
        Check(m, n, k);
        if (m == 0 || n == 0) return;
        if (MatMulFewRows<S>.Suits(m, transposeB))
        {
            MatMulFewRows<S>.Run(pool, m, n, k, a, transposeA, b, transposeB, epilogue);
            return;
        }

        if (typeof(TB) == typeof(Stored) && !transposeB && ReadsDirectly(n))
        {
            Stored stored = Unsafe.As<TB, Stored>(ref Unsafe.AsRef(in b));
            Multiply(pool, m, n, k, a, transposeA, stored.Data.Pointer, 2 * S.Width, stored.Stride, epilogue);
            return;
        }

        F32 packed = pool.Shared(PackedFloats(n, k), 0);
        PackB(pool, n, k, b, transposeB, packed);
        RunPacked(pool, m, n, k, a, transposeA, packed, epilogue);
    }

    /// <summary>Floats of a packed right operand.</summary>
    public static nint PackedFloats(nint n, nint k) => MatMulBlocking.RoundUp(n, 2 * S.Width) * k;

    /// <summary><see cref="MatMul.PackB"/> at this width.</summary>
    public static void PackB<TB>(WorkerPool pool, nint n, nint k, in TB b, bool transposeB, F32 packed)
        where TB : struct, IOperand
    {
        Check(0, n, k);
        MatMulPackBody<S, TB> body = new() { N = n, K = k, B = b, Transpose = transposeB, Target = packed.Pointer };
        pool.Run(body.Tiles, body);
    }

    /// <summary><see cref="MatMul.RunPacked"/> at this width.</summary>
    public static void RunPacked<TA, TE>(WorkerPool pool, nint m, nint n, nint k, in TA a, bool transposeA, F32 packedB, in TE epilogue)
        where TA : struct, IOperand where TE : struct, IEpilogue
    {
        Check(m, n, k);
        if (m == 0 || n == 0) return;
        Multiply(pool, m, n, k, a, transposeA, packedB.Pointer, 2 * S.Width * k, 2 * S.Width, epilogue);
    }

    private static void Multiply<TA, TE>(WorkerPool pool, nint m, nint n, nint k, in TA a, bool transposeA, float* b, nint panelStride, nint depthStride, in TE epilogue)
        where TA : struct, IOperand where TE : struct, IEpilogue
    {
        MatMulTileBody<S, TA, TE> body = new()
        {
            Pool = pool,
            Cut = MatMulTileBody<S, TA, TE>.Cutting(m, n, k, transposeA, epilogue.Granularity),
            A = a,
            TransposeA = transposeA,
            Epilogue = epilogue,
            B = b,
            PanelStride = panelStride,
            DepthStride = depthStride,
        };
        pool.Reserve(body.LocalFloats);
        pool.Run(body.Cut.Tiles, body);
    }

    /// <summary>A stored [k, n] of few columns is read where it is; a wide one, or one whose rows share sets of the cache, is worth packing.</summary>
    private static bool ReadsDirectly(nint n) => n % (2 * S.Width) == 0 && n < 1024;

    private static void Check(nint m, nint n, nint k)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(m);
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        ArgumentOutOfRangeException.ThrowIfNegative(k);
    }
}
