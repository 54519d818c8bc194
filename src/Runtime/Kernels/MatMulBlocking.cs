namespace ModelDsl.Kernels;

/// <summary>
/// How a product is cut: tiles of rows and columns that threads claim, blocks of depth within a tile. Depends on the shape, the vector
/// width and the policies alone, never on the number of threads, so that results do not either.
/// </summary>
internal readonly struct MatMulBlocking
{
    /// <summary>Tiles wanted, so that threads of different speed finish together.</summary>
    private const int FewestTiles = 12;

    /// <summary>Products of two numbers a tile should at least have, to be worth claiming: some microseconds.</summary>
    private const long SmallestTile = 1L << 19;

    /// <summary>Largest block of depth: long enough that starting and ending the innermost loop is nothing, short enough for the caches.</summary>
    private const int LargestDepth = 512;

    /// <summary>Most floats of a tile's unfinished sums: they and a block of both operands live in the second-level cache.</summary>
    private const int MostPartialFloats = 160 * 1024;

    public readonly nint M, N, K;
    private readonly nint panels, units;
    private readonly int unit, rowTiles, columnTiles;

    private MatMulBlocking(nint m, nint n, nint k, int width, int granularity, int mostRows, int leastColumns)
    {
        (M, N, K) = (m, n, k);
        DepthBlocks = (int)Math.Max(1, (k + LargestDepth - 1) / LargestDepth);
        DepthBlock = (int)Math.Max(16, RoundUp((k + DepthBlocks - 1) / DepthBlocks, 16));

        unit = 2 * width;
        while (unit % granularity != 0 && unit < n) unit += 2 * width;
        panels = (m + MatMulKernel.Rows - 1) / MatMulKernel.Rows;
        units = (n + unit - 1) / unit;

        nint rows = (panels + mostRows / MatMulKernel.Rows - 1) / (mostRows / MatMulKernel.Rows);
        nint columns = DepthBlocks == 1 ? 1 : (n * ((m + rows - 1) / rows) + MostPartialFloats - 1) / MostPartialFloats;

        while (rows * columns < FewestTiles && (double)m * n * k / (2 * rows * columns) >= SmallestTile)
        {
            nint height = m / rows, breadth = n / columns;
            if (breadth >= 2 * leastColumns) columns *= 2;
            else if (height >= 48) rows *= 2;
            else if (breadth >= 4 * unit) columns *= 2;
            else if (height >= 24) rows *= 2;
            else break;
        }

        if (rows * columns > 2) rows = RoundUp(rows, columns % 4 == 0 ? 1 : columns % 2 == 0 ? 2 : 4);
        rowTiles = (int)Math.Min(rows, panels);
        columnTiles = (int)Math.Min(columns, units);
    }

    /// <summary>Depth handled at once; the last block may be shorter.</summary>
    public readonly int DepthBlock;

    /// <summary>Blocks of depth, at least one.</summary>
    public readonly int DepthBlocks;

    /// <summary>Tiles to claim.</summary>
    public int Tiles => rowTiles * columnTiles;

    /// <summary>Panels of rows in the largest tile.</summary>
    public nint MostPanels => (panels + rowTiles - 1) / rowTiles;

    /// <summary>Columns in the largest tile.</summary>
    public nint MostColumns => (units + columnTiles - 1) / columnTiles * unit;

    /// <summary>Cuts a product.</summary>
    /// <param name="m">Rows.</param>
    /// <param name="n">Columns.</param>
    /// <param name="k">Depth.</param>
    /// <param name="width">Lanes of a vector.</param>
    /// <param name="granularity">Columns that must not be cut apart.</param>
    /// <param name="mostRows">Most rows of a tile.</param>
    /// <param name="leastColumns">Columns below which rows are halved before columns, to get more tiles.</param>
    public static MatMulBlocking Of(nint m, nint n, nint k, int width, int granularity, int mostRows, int leastColumns)
        => new(m, n, k, width, Math.Max(granularity, 1), mostRows, leastColumns);

    public static nint RoundUp(nint value, nint multiple) => (value + multiple - 1) / multiple * multiple;

    /// <summary>The rows and columns of a tile: whole panels and units, spread evenly.</summary>
    public void Tile(int tile, out nint row, out int rows, out nint column, out int columns)
    {
        nint i = tile % rowTiles, j = tile / rowTiles;
        row = panels * i / rowTiles * MatMulKernel.Rows;
        rows = (int)(Math.Min(panels * (i + 1) / rowTiles * MatMulKernel.Rows, M) - row);
        column = units * j / columnTiles * unit;
        columns = (int)(Math.Min(units * (j + 1) / columnTiles * unit, N) - column);
    }
}
