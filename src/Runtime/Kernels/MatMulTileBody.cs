using System.Runtime.CompilerServices;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

/// <summary>
/// Computes one tile of the product: packs its rows where that is needed, runs the innermost loop over its panels, hands finished
/// elements on from a small stored tile, while no accumulator is live.
/// </summary>
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

    /// <summary>Floats from one panel, and from one depth, of the right operand to the next.</summary>
    public nint PanelStride, DepthStride;

    /// <summary>Floats of scratch a worker needs.</summary>
    public readonly nint LocalFloats => LeftFloats + PartialFloats;

    /// <summary>A stored operand is read where it is: its rows are contiguous in depth.</summary>
    private readonly bool ReadsLeftDirectly => typeof(TA) == typeof(Stored) && !TransposeA;

    /// <summary>From one packed panel to the next: a line more than it needs, or all panels would share the same few sets of the cache.</summary>
    private readonly nint LeftStride => MatMulKernel.Rows * Cut.DepthBlock + 16;

    private readonly nint LeftFloats => Cut.MostPanels * LeftStride + 16;

    private readonly nint PartialFloats => Cut.DepthBlocks == 1
        ? MatMulKernel.Rows * 2 * S.Width
        : Cut.MostPanels * MatMulKernel.Rows * MatMulBlocking.RoundUp(Cut.MostColumns, 2 * S.Width);

    /// <summary>How the product of this left operand is cut.</summary>
    public static MatMulBlocking Cutting(nint m, nint n, nint k, bool transposeA, int granularity)
    {
        // Every tile packs its rows anew, which pays off over many columns; columns of the source are packed best many at a time.
        bool stored = typeof(TA) == typeof(Stored);
        return MatMulBlocking.Of(m, n, k, S.Width, granularity, mostRows: transposeA ? 192 : 96, leastColumns: !stored ? 768 : transposeA ? 384 : 192);
    }

    /// <inheritdoc/>
    public readonly void Run(int tile, int worker)
    {
        Cut.Tile(tile, out nint row, out int rows, out nint column, out int columns);
        float* left = Pool.Local(worker, LocalFloats).Pointer;
        float* partial = left + LeftFloats;
        for (nint block = 0; block < Cut.DepthBlocks; block++)
        {
            nint from = block * Cut.DepthBlock;
            nint depth = Math.Min(Cut.DepthBlock, Cut.K - from);
            Panels panels = Pack(left, row, rows, from, depth);
            Block(panels, partial, row, rows, column, columns, from, depth, block > 0, block == Cut.DepthBlocks - 1);
        }

        Epilogue.Finish<S>(row, rows, column, columns);
    }

    /// <summary>Where the left operand's rows are: the first ones perhaps in place, the others packed.</summary>
    private readonly Panels Pack(float* left, nint row, int rows, nint from, nint depth)
    {
        Panels panels = new() { Packed = left, PackedPanel = LeftStride, PackedRow = Cut.DepthBlock, PackedDepth = 1 };
        if (TransposeA)
        {
            MatMulPacking.LeftColumns<S, TA>(A, row, rows, from, depth, left, LeftStride);
            (panels.PackedRow, panels.PackedDepth) = (1, MatMulKernel.Rows);
            if (typeof(TA) == typeof(Stored) && from + depth < Cut.K)
            {
                TA a = A;
                Stored stored = Unsafe.As<TA, Stored>(ref a);
                panels.Later = stored.Data.Pointer + (from + depth) * stored.Stride + row;
                panels.LaterStride = stored.Stride;
                panels.LaterLines = (rows + 15) / 16;
            }

            return panels;
        }

        if (ReadsLeftDirectly)
        {
            TA a = A;
            Stored stored = Unsafe.As<TA, Stored>(ref a);
            panels.InPlace = stored.Data.Pointer + row * stored.Stride + from;
            panels.InPlaceRow = stored.Stride;
            panels.RowsInPlace = rows - rows % MatMulKernel.Rows;
        }

        MatMulPacking.LeftRows<S, TA>(A, row + panels.RowsInPlace, rows - panels.RowsInPlace, from, depth, left, Cut.DepthBlock, LeftStride);
        return panels;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Block(in Panels panels, float* partial, nint row, int rows, nint column, int columns, nint from, nint depth, bool add, bool last)
    {
        int panelRows = MatMulKernel.Rows, panelColumns = 2 * S.Width;
        int count = (rows + panelRows - 1) / panelRows;
        nint keep = Cut.DepthBlocks > 1 ? panelRows * panelColumns : 0;
        bool packedRight = DepthStride == panelColumns;
        int call = 0;
        float* c = partial;
        for (int j = 0; j < columns; j += panelColumns)
        {
            float* b = B + (column + j) / panelColumns * PanelStride + from * DepthStride;

            for (int i = 0; i < rows; i += panelRows, c += keep, call++)
            {
                int there = Math.Min(panelRows, rows - i);
                float* next = b;
                nint nextStep = 0;
                if (packedRight)
                {
                    // The next panel of columns, spread over the panels of rows.
                    nextStep = panelColumns / count;
                    next = b + PanelStride + i / panelRows * nextStep * depth;
                }
                else if (call < panels.LaterLines)
                {
                    next = panels.Later + call * 16;
                    nextStep = panels.LaterStride;
                }

                if (last && typeof(TE) == typeof(StoreProduct)) FetchTarget(row + i, there, column + j, Math.Min(panelColumns, columns - j));
                if (i < panels.RowsInPlace)
                    MatMulKernel.Run<S>(there, depth, panels.InPlace + i * panels.InPlaceRow, panels.InPlaceRow, 1, b, DepthStride, c, add, next, nextStep);
                else
                    MatMulKernel.Run<S>(there, depth, panels.Packed + (i - panels.RowsInPlace) / panelRows * panels.PackedPanel, panels.PackedRow, panels.PackedDepth, b, DepthStride, c, add, next, nextStep);
                if (last) Apply(c, row + i, there, column + j, Math.Min(panelColumns, columns - j));
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

    private readonly void FetchTarget(nint row, int rows, nint column, int columns)
    {
        TE epilogue = Epilogue;
        Unsafe.As<TE, StoreProduct>(ref epilogue).Fetch(row, rows, column, columns);
    }

    private struct Panels
    {
        public float* InPlace, Packed;
        public nint InPlaceRow, PackedRow, PackedDepth, PackedPanel;
        public int RowsInPlace;

        /// <summary>What the next block of depth will pack, to be fetched during this one: lines of 16 rows, and floats from one depth to the next.</summary>
        public float* Later;
        public nint LaterStride;
        public int LaterLines;
    }
}
