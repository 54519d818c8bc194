using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

/// <summary>
/// The innermost loop of the matrix product: a tile of a few rows by two vectors, held in registers over the whole depth. Accumulators
/// are named locals, because arrays of them would live in memory; the bodies differ only in their number of rows.
/// </summary>
internal static unsafe class MatMulKernel
{
    /// <summary>Depth steps by which the right operand is fetched ahead.</summary>
    private const int Ahead = 20;

    /// <summary>Rows of the largest tile: 24 accumulators where there are 32 vector registers, 12 where there are 16.</summary>
    public static int Rows => Avx512F.VL.IsSupported || AdvSimd.IsSupported ? 12 : 6;

    /// <summary>
    /// Computes c[rows, 2 vectors] (+)= a · b. The tile is stored with rows of two vectors, one after the other; rows up to the next
    /// size there is a body for may be written with garbage, and as many rows of a are read.
    /// </summary>
    /// <param name="rows">Rows wanted, 1 to <see cref="Rows"/>.</param>
    /// <param name="depth">Length of the dot products.</param>
    /// <param name="a">First element of the left operand.</param>
    /// <param name="rowStep">Floats from one row of a to the next.</param>
    /// <param name="depthStep">Floats from one depth of a to the next.</param>
    /// <param name="b">First two vectors of the right operand.</param>
    /// <param name="bStep">Floats from one depth of b to the next.</param>
    /// <param name="c">The tile.</param>
    /// <param name="add">Add to the tile instead of overwriting it.</param>
    /// <param name="next">What to fetch into the second-level cache meanwhile: at every depth the line here, then <paramref name="nextStep"/> floats further.</param>
    /// <param name="nextStep">Floats.</param>
    public static void Run<S>(int rows, nint depth, float* a, nint rowStep, nint depthStep, float* b, nint bStep, float* c, bool add, float* next, nint nextStep)
        where S : unmanaged, ISimd<S>
    {
        if (Rows > 6 && rows > 8) Rows12<S>(depth, a, rowStep, depthStep, b, bStep, c, add, next, nextStep);
        else if (Rows > 6 && rows > 6) Rows8<S>(depth, a, rowStep, depthStep, b, bStep, c, add, next, nextStep);
        else if (rows > 4) Rows6<S>(depth, a, rowStep, depthStep, b, bStep, c, add, next, nextStep);
        else Rows4<S>(depth, a, rowStep, depthStep, b, bStep, c, add, next, nextStep);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows12<S>(nint depth, float* a, nint rowStep, nint depthStep, float* b, nint bStep, float* c, bool add, float* next, nint nextStep)
        where S : unmanaged, ISimd<S>
    {
        S c0L = S.Zero, c0R = S.Zero;
        S c1L = S.Zero, c1R = S.Zero;
        S c2L = S.Zero, c2R = S.Zero;
        S c3L = S.Zero, c3R = S.Zero;
        S c4L = S.Zero, c4R = S.Zero;
        S c5L = S.Zero, c5R = S.Zero;
        S c6L = S.Zero, c6R = S.Zero;
        S c7L = S.Zero, c7R = S.Zero;
        S c8L = S.Zero, c8R = S.Zero;
        S c9L = S.Zero, c9R = S.Zero;
        S cAL = S.Zero, cAR = S.Zero;
        S cBL = S.Zero, cBR = S.Zero;
        float* a3 = a + 3 * rowStep, a6 = a + 6 * rowStep, a9 = a + 9 * rowStep;
        nint twoRows = 2 * rowStep;
        if (add) Fetch<S>(c, 12);
        for (nint ahead = Ahead * bStep; depth > 0; depth--)
        {
            Fetch<S>(b + ahead, next);
            S left = S.Load(b), right = S.Load(b + S.Width);
            S x = S.Broadcast(a[0]);
            c0L = S.MultiplyAdd(x, left, c0L);
            c0R = S.MultiplyAdd(x, right, c0R);
            x = S.Broadcast(a[rowStep]);
            c1L = S.MultiplyAdd(x, left, c1L);
            c1R = S.MultiplyAdd(x, right, c1R);
            x = S.Broadcast(a[twoRows]);
            c2L = S.MultiplyAdd(x, left, c2L);
            c2R = S.MultiplyAdd(x, right, c2R);
            x = S.Broadcast(a3[0]);
            c3L = S.MultiplyAdd(x, left, c3L);
            c3R = S.MultiplyAdd(x, right, c3R);
            x = S.Broadcast(a3[rowStep]);
            c4L = S.MultiplyAdd(x, left, c4L);
            c4R = S.MultiplyAdd(x, right, c4R);
            x = S.Broadcast(a3[twoRows]);
            c5L = S.MultiplyAdd(x, left, c5L);
            c5R = S.MultiplyAdd(x, right, c5R);
            x = S.Broadcast(a6[0]);
            c6L = S.MultiplyAdd(x, left, c6L);
            c6R = S.MultiplyAdd(x, right, c6R);
            x = S.Broadcast(a6[rowStep]);
            c7L = S.MultiplyAdd(x, left, c7L);
            c7R = S.MultiplyAdd(x, right, c7R);
            x = S.Broadcast(a6[twoRows]);
            c8L = S.MultiplyAdd(x, left, c8L);
            c8R = S.MultiplyAdd(x, right, c8R);
            x = S.Broadcast(a9[0]);
            c9L = S.MultiplyAdd(x, left, c9L);
            c9R = S.MultiplyAdd(x, right, c9R);
            x = S.Broadcast(a9[rowStep]);
            cAL = S.MultiplyAdd(x, left, cAL);
            cAR = S.MultiplyAdd(x, right, cAR);
            x = S.Broadcast(a9[twoRows]);
            cBL = S.MultiplyAdd(x, left, cBL);
            cBR = S.MultiplyAdd(x, right, cBR);
            a += depthStep;
            a3 += depthStep;
            a6 += depthStep;
            a9 += depthStep;
            b += bStep;
            next += nextStep;
        }

        if (add)
        {
            Add(c, 0, c0L, c0R);
            Add(c, 1, c1L, c1R);
            Add(c, 2, c2L, c2R);
            Add(c, 3, c3L, c3R);
            Add(c, 4, c4L, c4R);
            Add(c, 5, c5L, c5R);
            Add(c, 6, c6L, c6R);
            Add(c, 7, c7L, c7R);
            Add(c, 8, c8L, c8R);
            Add(c, 9, c9L, c9R);
            Add(c, 10, cAL, cAR);
            Add(c, 11, cBL, cBR);
        }
        else
        {
            Put(c, 0, c0L, c0R);
            Put(c, 1, c1L, c1R);
            Put(c, 2, c2L, c2R);
            Put(c, 3, c3L, c3R);
            Put(c, 4, c4L, c4R);
            Put(c, 5, c5L, c5R);
            Put(c, 6, c6L, c6R);
            Put(c, 7, c7L, c7R);
            Put(c, 8, c8L, c8R);
            Put(c, 9, c9L, c9R);
            Put(c, 10, cAL, cAR);
            Put(c, 11, cBL, cBR);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8<S>(nint depth, float* a, nint rowStep, nint depthStep, float* b, nint bStep, float* c, bool add, float* next, nint nextStep)
        where S : unmanaged, ISimd<S>
    {
        S c0L = S.Zero, c0R = S.Zero;
        S c1L = S.Zero, c1R = S.Zero;
        S c2L = S.Zero, c2R = S.Zero;
        S c3L = S.Zero, c3R = S.Zero;
        S c4L = S.Zero, c4R = S.Zero;
        S c5L = S.Zero, c5R = S.Zero;
        S c6L = S.Zero, c6R = S.Zero;
        S c7L = S.Zero, c7R = S.Zero;
        float* a3 = a + 3 * rowStep, a6 = a + 6 * rowStep;
        nint twoRows = 2 * rowStep;
        if (add) Fetch<S>(c, 8);
        for (nint ahead = Ahead * bStep; depth > 0; depth--)
        {
            Fetch<S>(b + ahead, next);
            S left = S.Load(b), right = S.Load(b + S.Width);
            S x = S.Broadcast(a[0]);
            c0L = S.MultiplyAdd(x, left, c0L);
            c0R = S.MultiplyAdd(x, right, c0R);
            x = S.Broadcast(a[rowStep]);
            c1L = S.MultiplyAdd(x, left, c1L);
            c1R = S.MultiplyAdd(x, right, c1R);
            x = S.Broadcast(a[twoRows]);
            c2L = S.MultiplyAdd(x, left, c2L);
            c2R = S.MultiplyAdd(x, right, c2R);
            x = S.Broadcast(a3[0]);
            c3L = S.MultiplyAdd(x, left, c3L);
            c3R = S.MultiplyAdd(x, right, c3R);
            x = S.Broadcast(a3[rowStep]);
            c4L = S.MultiplyAdd(x, left, c4L);
            c4R = S.MultiplyAdd(x, right, c4R);
            x = S.Broadcast(a3[twoRows]);
            c5L = S.MultiplyAdd(x, left, c5L);
            c5R = S.MultiplyAdd(x, right, c5R);
            x = S.Broadcast(a6[0]);
            c6L = S.MultiplyAdd(x, left, c6L);
            c6R = S.MultiplyAdd(x, right, c6R);
            x = S.Broadcast(a6[rowStep]);
            c7L = S.MultiplyAdd(x, left, c7L);
            c7R = S.MultiplyAdd(x, right, c7R);
            a += depthStep;
            a3 += depthStep;
            a6 += depthStep;
            b += bStep;
            next += nextStep;
        }

        if (add)
        {
            Add(c, 0, c0L, c0R);
            Add(c, 1, c1L, c1R);
            Add(c, 2, c2L, c2R);
            Add(c, 3, c3L, c3R);
            Add(c, 4, c4L, c4R);
            Add(c, 5, c5L, c5R);
            Add(c, 6, c6L, c6R);
            Add(c, 7, c7L, c7R);
        }
        else
        {
            Put(c, 0, c0L, c0R);
            Put(c, 1, c1L, c1R);
            Put(c, 2, c2L, c2R);
            Put(c, 3, c3L, c3R);
            Put(c, 4, c4L, c4R);
            Put(c, 5, c5L, c5R);
            Put(c, 6, c6L, c6R);
            Put(c, 7, c7L, c7R);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows6<S>(nint depth, float* a, nint rowStep, nint depthStep, float* b, nint bStep, float* c, bool add, float* next, nint nextStep)
        where S : unmanaged, ISimd<S>
    {
        S c0L = S.Zero, c0R = S.Zero;
        S c1L = S.Zero, c1R = S.Zero;
        S c2L = S.Zero, c2R = S.Zero;
        S c3L = S.Zero, c3R = S.Zero;
        S c4L = S.Zero, c4R = S.Zero;
        S c5L = S.Zero, c5R = S.Zero;
        float* a3 = a + 3 * rowStep;
        nint twoRows = 2 * rowStep;
        if (add) Fetch<S>(c, 6);
        for (nint ahead = Ahead * bStep; depth > 0; depth--)
        {
            Fetch<S>(b + ahead, next);
            S left = S.Load(b), right = S.Load(b + S.Width);
            S x = S.Broadcast(a[0]);
            c0L = S.MultiplyAdd(x, left, c0L);
            c0R = S.MultiplyAdd(x, right, c0R);
            x = S.Broadcast(a[rowStep]);
            c1L = S.MultiplyAdd(x, left, c1L);
            c1R = S.MultiplyAdd(x, right, c1R);
            x = S.Broadcast(a[twoRows]);
            c2L = S.MultiplyAdd(x, left, c2L);
            c2R = S.MultiplyAdd(x, right, c2R);
            x = S.Broadcast(a3[0]);
            c3L = S.MultiplyAdd(x, left, c3L);
            c3R = S.MultiplyAdd(x, right, c3R);
            x = S.Broadcast(a3[rowStep]);
            c4L = S.MultiplyAdd(x, left, c4L);
            c4R = S.MultiplyAdd(x, right, c4R);
            x = S.Broadcast(a3[twoRows]);
            c5L = S.MultiplyAdd(x, left, c5L);
            c5R = S.MultiplyAdd(x, right, c5R);
            a += depthStep;
            a3 += depthStep;
            b += bStep;
            next += nextStep;
        }

        if (add)
        {
            Add(c, 0, c0L, c0R);
            Add(c, 1, c1L, c1R);
            Add(c, 2, c2L, c2R);
            Add(c, 3, c3L, c3R);
            Add(c, 4, c4L, c4R);
            Add(c, 5, c5L, c5R);
        }
        else
        {
            Put(c, 0, c0L, c0R);
            Put(c, 1, c1L, c1R);
            Put(c, 2, c2L, c2R);
            Put(c, 3, c3L, c3R);
            Put(c, 4, c4L, c4R);
            Put(c, 5, c5L, c5R);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4<S>(nint depth, float* a, nint rowStep, nint depthStep, float* b, nint bStep, float* c, bool add, float* next, nint nextStep)
        where S : unmanaged, ISimd<S>
    {
        S c0L = S.Zero, c0R = S.Zero;
        S c1L = S.Zero, c1R = S.Zero;
        S c2L = S.Zero, c2R = S.Zero;
        S c3L = S.Zero, c3R = S.Zero;
        float* a3 = a + 3 * rowStep;
        nint twoRows = 2 * rowStep;
        if (add) Fetch<S>(c, 4);
        for (nint ahead = Ahead * bStep; depth > 0; depth--)
        {
            Fetch<S>(b + ahead, next);
            S left = S.Load(b), right = S.Load(b + S.Width);
            S x = S.Broadcast(a[0]);
            c0L = S.MultiplyAdd(x, left, c0L);
            c0R = S.MultiplyAdd(x, right, c0R);
            x = S.Broadcast(a[rowStep]);
            c1L = S.MultiplyAdd(x, left, c1L);
            c1R = S.MultiplyAdd(x, right, c1R);
            x = S.Broadcast(a[twoRows]);
            c2L = S.MultiplyAdd(x, left, c2L);
            c2R = S.MultiplyAdd(x, right, c2R);
            x = S.Broadcast(a3[0]);
            c3L = S.MultiplyAdd(x, left, c3L);
            c3R = S.MultiplyAdd(x, right, c3R);
            a += depthStep;
            a3 += depthStep;
            b += bStep;
            next += nextStep;
        }

        if (add)
        {
            Add(c, 0, c0L, c0R);
            Add(c, 1, c1L, c1R);
            Add(c, 2, c2L, c2R);
            Add(c, 3, c3L, c3R);
        }
        else
        {
            Put(c, 0, c0L, c0R);
            Put(c, 1, c1L, c1R);
            Put(c, 2, c2L, c2R);
            Put(c, 3, c3L, c3R);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put<S>(float* c, int row, S left, S right) where S : unmanaged, ISimd<S>
    {
        S.Store(c + 2 * row * S.Width, left);
        S.Store(c + (2 * row + 1) * S.Width, right);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<S>(float* c, int row, S left, S right) where S : unmanaged, ISimd<S>
        => Put(c, row, S.Load(c + 2 * row * S.Width) + left, S.Load(c + (2 * row + 1) * S.Width) + right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch<S>(float* b, float* next) where S : unmanaged, ISimd<S>
    {
        if (!Sse.IsSupported) return;
        Sse.Prefetch0(b);
        if (S.Width > 8) Sse.Prefetch0(b + S.Width);
        Sse.Prefetch1(next);
    }

    /// <summary>Fetches a tile into the nearest cache, to be there when the sums are added to it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch<S>(float* c, int rows) where S : unmanaged, ISimd<S>
    {
        if (!Sse.IsSupported) return;
        for (int at = 0; at < 2 * rows * S.Width; at += 16) Sse.Prefetch0(c + at);
    }
}
