using System.Runtime.CompilerServices;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

/// <summary>
/// Products with few rows, as in decoding: the right operand is read once, at the speed of memory, and nothing of it is packed. The
/// rows of the left operand are evaluated once and stay in cache.
/// </summary>
internal static unsafe class MatMulFewRows<S> where S : unmanaged, ISimd<S>
{
    /// <summary>Floats of the right operand a tile streams: enough to make claiming it free, few enough to share the work evenly.</summary>
    private const int TileFloats = 48 * 1024;

    /// <summary>Most columns whose sums are kept in the first-level cache while rows of [k, n] are added to them.</summary>
    private const int WidestSums = 1024;

    /// <summary>Whether this way is faster than packing, for a shape.</summary>
    public static bool Suits(nint m, bool transposeB) => m <= (transposeB ? 16 : 8);

    /// <summary><see cref="MatMul.Run{TA, TB, TE}"/> for few rows.</summary>
    public static void Run<TA, TB, TE>(WorkerPool pool, nint m, nint n, nint k, in TA a, bool transposeA, in TB b, bool transposeB, in TE epilogue)
        where TA : struct, IOperand where TB : struct, IOperand where TE : struct, IEpilogue
    {
        nint stride = MatMulBlocking.RoundUp(k, S.Width);
        float* rows = pool.Shared(Padded(m) * stride, 1).Pointer;
        Evaluate(a, transposeA, m, k, rows, stride);

        int unit = 2 * S.Width, granularity = Math.Max(epilogue.Granularity, 1);
        while (unit % granularity != 0 && unit < n) unit += 2 * S.Width;
        nint wanted = transposeB ? TileFloats / Math.Max(k, 1) : Math.Min(n / 8, WidestSums);
        int columns = (int)Math.Min(MatMulBlocking.RoundUp(Math.Max(wanted, 1), unit), MatMulBlocking.RoundUp(n, 2 * S.Width));
        int tiles = (int)((n + columns - 1) / columns);
        pool.Reserve(Padded(m) * columns);
        if (transposeB)
            pool.Run(tiles, new MatMulDotBody<S, TB, TE> { Pool = pool, M = m, N = n, K = k, Rows = rows, Stride = stride, Columns = columns, B = b, Epilogue = epilogue });
        else
            pool.Run(tiles, new MatMulSumBody<S, TB, TE> { Pool = pool, M = m, N = n, K = k, Rows = rows, Stride = stride, Columns = columns, B = b, Epilogue = epilogue });
    }

    /// <summary>Rows of scratch for m rows: as many as are computed together.</summary>
    public static nint Padded(nint m) => m <= 2 ? m : m <= 4 ? 4 : MatMulBlocking.RoundUp(m, 8);

    /// <summary>Hands rows × columns finished elements on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply<TE>(in TE target, float* c, nint stride, nint rows, nint column, int columns) where TE : struct, IEpilogue
    {
        TE epilogue = target;
        FirstLanes rest = new(columns % S.Width);
        for (nint i = 0; i < rows; i++, c += stride)
        {
            int j = 0;
            for (; j + S.Width <= columns; j += S.Width) epilogue.Apply<S, AllLanes>(S.Load(c + j), i, column + j, default);
            if (rest.Count > 0) epilogue.Apply(S.Load(c + j), i, column + j, rest);
        }

        epilogue.Finish<S>(0, (int)rows, column, columns);
    }

    /// <summary>Evaluates the left operand once: rows of <paramref name="stride"/> floats, zero past the depth and past the last row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Evaluate<TA>(in TA a, bool transpose, nint m, nint k, float* rows, nint stride) where TA : struct, IOperand
    {
        nint padded = Padded(m);
        if (!transpose)
        {
            MatMulPacking.LeftRows<S, TA>(a, 0, m, 0, k, rows, stride, MatMulKernel.Rows * stride);
            new Span<float>(rows + m * stride, (int)((padded - m) * stride)).Clear();
            return;
        }

        TA operand = a;
        new Span<float>(rows, (int)(padded * stride)).Clear();
        float* lanes = stackalloc float[S.Width];
        for (nint i = 0; i < m; i += S.Width)
        {
            FirstLanes there = new((int)Math.Min(S.Width, m - i));
            for (nint at = 0; at < k; at++)
            {
                S.Store(lanes, operand.Load<S, FirstLanes>(at, i, there));
                for (int lane = 0; lane < there.Count; lane++) rows[(i + lane) * stride + at] = lanes[lane];
            }
        }
    }
}
