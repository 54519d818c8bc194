using System.Runtime.CompilerServices;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

/// <summary>
/// The inner product of attention, forward and backward: C (+)= A·B for up to <see cref="Rows"/> rows, with C in registers over the
/// whole depth. All operands but C may be strided; nothing beyond the rows, columns and depth asked for is touched.
/// </summary>
internal static unsafe class AttentionTile
{
    /// <summary>How the broadcast operand of a tile lies in memory.</summary>
    internal interface IOperandOrder
    {
        /// <summary>True when element (row, k) is at row · stride + k, false when it is at k · stride + row.</summary>
        static abstract bool IsRowMajor { get; }

        /// <summary>True when the other operand comes from memory, to be asked for ahead of its use.</summary>
        static abstract bool IsStreamed { get; }
    }

    /// <summary>Rows one after the other.</summary>
    internal readonly struct RowMajor : IOperandOrder
    {
        public static bool IsRowMajor => true;

        public static bool IsStreamed => false;
    }

    /// <summary>Rows one after the other; the other operand is read once and comes from memory.</summary>
    internal readonly struct RowMajorStreamed : IOperandOrder
    {
        public static bool IsRowMajor => true;

        public static bool IsStreamed => true;
    }

    /// <summary>Columns one after the other: the same memory read as the transposed operand.</summary>
    internal readonly struct ColumnMajor : IOperandOrder
    {
        public static bool IsRowMajor => false;

        public static bool IsStreamed => false;
    }

    /// <summary>A number the JIT sees as a constant.</summary>
    private interface ICount
    {
        static abstract int Value { get; }
    }

    /// <summary>Rows of a register tile.</summary>
    public const int Rows = 6;

    /// <summary>A streamed operand, dense, is asked for this many floats before its use: what memory delivers while one request is under way.</summary>
    public const int FloatsAhead = 2048;

    /// <summary>Vectors of a register tile: 24 accumulators where there are 32 registers, 12 where there are 16.</summary>
    public static int Vectors<S>() where S : unmanaged, ISimd<S> => S.Width == 16 ? 4 : 2;

    /// <summary>Computes <paramref name="rows"/> (1 to 6) rows of <paramref name="columns"/> columns, a multiple of the vector width.</summary>
    public static void Multiply<S, A>(
        int rows, int columns, nint depth, float* a, nint aStride, float* b, nint bStride, float* c, nint cStride, bool accumulate)
        where S : unmanaged, ISimd<S> where A : struct, IOperandOrder
    {
        // Column tiles of equal size: 5 vectors are 3 + 2, not 4 + 1.
        int vectors = columns / S.Width;
        for (int tiles = (vectors + Vectors<S>() - 1) / Vectors<S>(); tiles > 0; tiles--)
        {
            int take = (vectors + tiles - 1) / tiles;
            switch (take)
            {
                case 1: Pick<S, One, A>(rows, depth, a, aStride, b, bStride, c, cStride, accumulate); break;
                case 2: Pick<S, Two, A>(rows, depth, a, aStride, b, bStride, c, cStride, accumulate); break;
                case 3: Pick<S, Three, A>(rows, depth, a, aStride, b, bStride, c, cStride, accumulate); break;
                default: Pick<S, Four, A>(rows, depth, a, aStride, b, bStride, c, cStride, accumulate); break;
            }

            vectors -= take;
            b += take * S.Width;
            c += take * S.Width;
        }
    }

    private static void Pick<S, N, A>(int rows, nint depth, float* a, nint aStride, float* b, nint bStride, float* c, nint cStride, bool accumulate)
        where S : unmanaged, ISimd<S> where N : struct, ICount where A : struct, IOperandOrder
    {
        switch (rows)
        {
            case 1: Tile<S, One, N, A>(depth, a, aStride, b, bStride, c, cStride, accumulate); break;
            case 2: Tile<S, Two, N, A>(depth, a, aStride, b, bStride, c, cStride, accumulate); break;
            case 3: Tile<S, Three, N, A>(depth, a, aStride, b, bStride, c, cStride, accumulate); break;
            case 4: Tile<S, Four, N, A>(depth, a, aStride, b, bStride, c, cStride, accumulate); break;
            case 5: Tile<S, Five, N, A>(depth, a, aStride, b, bStride, c, cStride, accumulate); break;
            default: Tile<S, Six, N, A>(depth, a, aStride, b, bStride, c, cStride, accumulate); break;
        }
    }

    // Written out, because accumulators in an array or behind a reference would live in memory.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<S, R, N, A>(nint depth, float* a, nint aStride, float* b, nint bStride, float* c, nint cStride, bool accumulate)
        where S : unmanaged, ISimd<S> where R : struct, ICount where N : struct, ICount where A : struct, IOperandOrder
    {
        S c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23, c30, c31, c32, c33, c40, c41, c42, c43, c50, c51, c52, c53;
        c00 = c01 = c02 = c03 = c10 = c11 = c12 = c13 = c20 = c21 = c22 = c23 = S.Zero;
        c30 = c31 = c32 = c33 = c40 = c41 = c42 = c43 = c50 = c51 = c52 = c53 = S.Zero;
        if (accumulate)
        {
            LoadRow<S, N>(c, ref c00, ref c01, ref c02, ref c03);
            if (R.Value > 1) LoadRow<S, N>(c + cStride, ref c10, ref c11, ref c12, ref c13);
            if (R.Value > 2) LoadRow<S, N>(c + 2 * cStride, ref c20, ref c21, ref c22, ref c23);
            if (R.Value > 3) LoadRow<S, N>(c + 3 * cStride, ref c30, ref c31, ref c32, ref c33);
            if (R.Value > 4) LoadRow<S, N>(c + 4 * cStride, ref c40, ref c41, ref c42, ref c43);
            if (R.Value > 5) LoadRow<S, N>(c + 5 * cStride, ref c50, ref c51, ref c52, ref c53);
        }

        float* a1 = a + (A.IsRowMajor ? aStride : 1), a2 = a1 + (A.IsRowMajor ? aStride : 1), a3 = a2 + (A.IsRowMajor ? aStride : 1);
        float* a4 = a3 + (A.IsRowMajor ? aStride : 1), a5 = a4 + (A.IsRowMajor ? aStride : 1);
        for (nint k = 0; k < depth; k++)
        {
            S b0 = S.Load(b);
            S b1 = N.Value > 1 ? S.Load(b + S.Width) : S.Zero;
            S b2 = N.Value > 2 ? S.Load(b + 2 * S.Width) : S.Zero;
            S b3 = N.Value > 3 ? S.Load(b + 3 * S.Width) : S.Zero;
            if (A.IsStreamed) AttentionPacking.PrefetchNear(b + FloatsAhead, N.Value * S.Width);
            b += bStride;

            nint at = A.IsRowMajor ? k : 0;
            MultiplyRow<S, N>(S.Broadcast(a[at]), b0, b1, b2, b3, ref c00, ref c01, ref c02, ref c03);
            if (R.Value > 1) MultiplyRow<S, N>(S.Broadcast(A.IsRowMajor ? a1[at] : a[1]), b0, b1, b2, b3, ref c10, ref c11, ref c12, ref c13);
            if (R.Value > 2) MultiplyRow<S, N>(S.Broadcast(A.IsRowMajor ? a2[at] : a[2]), b0, b1, b2, b3, ref c20, ref c21, ref c22, ref c23);
            if (R.Value > 3) MultiplyRow<S, N>(S.Broadcast(A.IsRowMajor ? a3[at] : a[3]), b0, b1, b2, b3, ref c30, ref c31, ref c32, ref c33);
            if (R.Value > 4) MultiplyRow<S, N>(S.Broadcast(A.IsRowMajor ? a4[at] : a[4]), b0, b1, b2, b3, ref c40, ref c41, ref c42, ref c43);
            if (R.Value > 5) MultiplyRow<S, N>(S.Broadcast(A.IsRowMajor ? a5[at] : a[5]), b0, b1, b2, b3, ref c50, ref c51, ref c52, ref c53);
            if (!A.IsRowMajor) a += aStride;
        }

        StoreRow<S, N>(c, c00, c01, c02, c03);
        if (R.Value > 1) StoreRow<S, N>(c + cStride, c10, c11, c12, c13);
        if (R.Value > 2) StoreRow<S, N>(c + 2 * cStride, c20, c21, c22, c23);
        if (R.Value > 3) StoreRow<S, N>(c + 3 * cStride, c30, c31, c32, c33);
        if (R.Value > 4) StoreRow<S, N>(c + 4 * cStride, c40, c41, c42, c43);
        if (R.Value > 5) StoreRow<S, N>(c + 5 * cStride, c50, c51, c52, c53);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyRow<S, N>(S x, S b0, S b1, S b2, S b3, ref S c0, ref S c1, ref S c2, ref S c3)
        where S : unmanaged, ISimd<S> where N : struct, ICount
    {
        c0 = S.MultiplyAdd(x, b0, c0);
        if (N.Value > 1) c1 = S.MultiplyAdd(x, b1, c1);
        if (N.Value > 2) c2 = S.MultiplyAdd(x, b2, c2);
        if (N.Value > 3) c3 = S.MultiplyAdd(x, b3, c3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LoadRow<S, N>(float* c, ref S c0, ref S c1, ref S c2, ref S c3) where S : unmanaged, ISimd<S> where N : struct, ICount
    {
        c0 = S.Load(c);
        if (N.Value > 1) c1 = S.Load(c + S.Width);
        if (N.Value > 2) c2 = S.Load(c + 2 * S.Width);
        if (N.Value > 3) c3 = S.Load(c + 3 * S.Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRow<S, N>(float* c, S c0, S c1, S c2, S c3) where S : unmanaged, ISimd<S> where N : struct, ICount
    {
        S.Store(c, c0);
        if (N.Value > 1) S.Store(c + S.Width, c1);
        if (N.Value > 2) S.Store(c + 2 * S.Width, c2);
        if (N.Value > 3) S.Store(c + 3 * S.Width, c3);
    }

    private readonly struct One : ICount
    {
        public static int Value => 1;
    }

    private readonly struct Two : ICount
    {
        public static int Value => 2;
    }

    private readonly struct Three : ICount
    {
        public static int Value => 3;
    }

    private readonly struct Four : ICount
    {
        public static int Value => 4;
    }

    private readonly struct Five : ICount
    {
        public static int Value => 5;
    }

    private readonly struct Six : ICount
    {
        public static int Value => 6;
    }
}
