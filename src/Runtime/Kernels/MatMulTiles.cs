using System.Runtime.CompilerServices;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

/// <summary>
/// How a product is cut: tiles of rows and columns that threads claim, blocks of depth within a tile. Depends on the shape, the vector
/// width and the epilogue alone, never on the number of threads, so that results do not either.
/// </summary>
internal readonly struct MatMulBlocking
{
    /// <summary>Rows × columns × depth a tile should at least have, so that claiming it costs nothing.</summary>
    private const long SmallestTile = 1L << 19;

    private const int LargestDepth = 384;
    private const int MostRows = 96;
    private const int MostPartialFloats = 80 * 1024;

    public readonly nint M, N, K;
    public readonly int DepthBlock, TileRows, TileColumns, RowTiles, ColumnTiles;

    private MatMulBlocking(nint m, nint n, nint k, int width, int granularity)
    {
        (M, N, K) = (m, n, k);
        int panelRows = MatMulKernel.Rows, panelColumns = 2 * width;
        int depthBlocks = Math.Max(1, (int)((k + LargestDepth - 1) / LargestDepth));
        DepthBlock = (int)Math.Max(16, RoundUp((k + depthBlocks - 1) / depthBlocks, 16));

        // Enough tiles that threads of different speed finish together, but none smaller than is worth claiming.
        nint rows = RoundUp(Math.Min(m, MostRows), panelRows);
        while (rows > panelRows && (m + rows - 1) / rows < 16 && rows / 2 * Math.Min(n, 4096) * Math.Min(k, 4096) >= SmallestTile)
            rows = RoundUp(rows / 2, panelRows);
        TileRows = (int)rows;

        nint columns = RoundUp(n, panelColumns);
        nint unit = panelColumns;
        while (unit % granularity != 0 && unit < n) unit += panelColumns;
        nint most = depthBlocks > 1 ? MostPartialFloats / rows : 8192;
        if (columns > most && unit < n) columns = Math.Max(unit, RoundUp(n / ((n + most - 1) / most), (int)unit));
        TileColumns = (int)columns;
        RowTiles = (int)((m + TileRows - 1) / TileRows);
        ColumnTiles = (int)((n + columns - 1) / columns);
    }

    public int Tiles => RowTiles * ColumnTiles;

    public int DepthBlocks => Math.Max(1, (int)((K + DepthBlock - 1) / DepthBlock));

    /// <summary>Floats of one packed panel of rows over a block of depth, row-major.</summary>
    public nint LeftStride => RoundUp(DepthBlock, 16);

    public static MatMulBlocking Of<S>(nint m, nint n, nint k, int granularity) where S : unmanaged, ISimd<S>
        => new(m, n, k, S.Width, Math.Max(granularity, 1));

    public static nint RoundUp(nint value, int multiple) => (value + multiple - 1) / multiple * multiple;
}

/// <summary>Computes one tile of the product: packs its rows, runs the innermost loop over its panels, hands finished elements on.</summary>
internal unsafe struct MatMulTileBody<S, TA, TE> : IParallelBody
    where S : unmanaged, ISimd<S> where TA : struct, IOperand where TE : struct, IEpilogue
{
    public WorkerPool Pool;
    public MatMulBlocking Cut;
    public TA A;
    public bool TransposeA;
    public TE Epilogue;

    /// <summary>The right operand: panels of two vectors of columns.</summary>
    public float* B;
    public nint PanelStride, DepthStride;

    /// <summary>Floats of scratch a worker needs.</summary>
    public readonly nint LocalFloats => LeftFloats + PartialFloats;

    private readonly nint PanelRows => MatMulBlocking.RoundUp(Cut.TileRows, MatMulKernel.Rows);

    private readonly nint LeftFloats => PanelRows * Cut.LeftStride + 4 * S.Width;

    private readonly nint PartialFloats => Cut.DepthBlocks == 1
        ? MatMulKernel.Rows * 2 * S.Width
        : PanelRows * MatMulBlocking.RoundUp(Cut.TileColumns, 2 * S.Width);

    /// <inheritdoc/>
    public readonly void Run(int tile, int worker)
    {
        nint row = (nint)(tile % Cut.RowTiles) * Cut.TileRows, column = (nint)(tile / Cut.RowTiles) * Cut.TileColumns;
        int rows = (int)Math.Min(Cut.TileRows, Cut.M - row), columns = (int)Math.Min(Cut.TileColumns, Cut.N - column);
        float* left = Pool.Local(worker, LocalFloats).Pointer;
        float* partial = left + LeftFloats;
        nint blocks = Cut.DepthBlocks;
        for (nint block = 0; block < blocks; block++)
        {
            nint from = block * Cut.DepthBlock;
            nint depth = Math.Min(Cut.DepthBlock, Cut.K - from);
            if (TransposeA) MatMulPacking.LeftColumns<S, TA>(A, row, rows, from, depth, left, MatMulKernel.Rows * Cut.LeftStride);
            else MatMulPacking.LeftRows<S, TA>(A, row, rows, from, depth, left, Cut.LeftStride);
            Block(left, partial, row, rows, column, columns, from, depth, block > 0, block == blocks - 1);
        }

        Epilogue.Finish<S>(row, rows, column, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Block(float* left, float* partial, nint row, int rows, nint column, int columns, nint from, nint depth, bool add, bool last)
    {
        int panelRows = MatMulKernel.Rows, panelColumns = 2 * S.Width;
        nint rowStep = TransposeA ? 1 : Cut.LeftStride, depthStep = TransposeA ? panelRows : 1;
        bool keep = Cut.DepthBlocks > 1;
        float* c = partial;
        for (int j = 0; j < columns; j += panelColumns)
        {
            float* b = B + (column + j) / panelColumns * PanelStride + from * DepthStride;
            float* a = left;
            for (int i = 0; i < rows; i += panelRows, a += panelRows * Cut.LeftStride)
            {
                int there = Math.Min(panelRows, rows - i);
                MatMulKernel.Run<S>(there, depth, a, rowStep, depthStep, b, DepthStride, c, add);
                if (last) Apply(c, row + i, there, column + j, Math.Min(panelColumns, columns - j));
                if (keep) c += panelRows * panelColumns;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Apply(float* c, nint row, int rows, nint column, int columns)
    {
        TE epilogue = Epilogue;
        if (columns == 2 * S.Width)
        {
            for (int i = 0; i < rows; i++, c += 2 * S.Width)
            {
                epilogue.Apply<S, AllLanes>(S.Load(c), row + i, column, default);
                epilogue.Apply<S, AllLanes>(S.Load(c + S.Width), row + i, column + S.Width, default);
            }

            return;
        }

        FirstLanes firsts = new(Math.Min(columns, S.Width)), seconds = new(columns - S.Width);
        for (int i = 0; i < rows; i++, c += 2 * S.Width)
        {
            epilogue.Apply(S.Load(c), row + i, column, firsts);
            if (seconds.Count > 0) epilogue.Apply(S.Load(c + S.Width), row + i, column + S.Width, seconds);
        }
    }
}

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
