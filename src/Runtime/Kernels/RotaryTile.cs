using ModelDsl.Memory;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

/// <summary>Rotary embedding in the epilogue of the product that makes queries and keys.</summary>
public static class RotaryTile
{
    /// <summary>Rotates those of some neighbouring heads that lie in a finished tile of the product.</summary>
    /// <param name="row">First row of the tile.</param>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="column">First column of the tile; tiles end on multiples of the head width.</param>
    /// <param name="columns">Columns of the tile.</param>
    /// <param name="start">Column of the product where the heads start.</param>
    /// <param name="heads">How many heads.</param>
    /// <param name="time">Positions of each sequence.</param>
    /// <param name="starts">Position of each sequence's first row; null for 0.</param>
    /// <param name="data">Column 0 of row 0 of what was stored.</param>
    /// <param name="stride">Floats from one row to the next.</param>
    /// <param name="headWidth">Columns of a head.</param>
    /// <param name="firstColumn">First column of a head that rotates.</param>
    /// <param name="rotaryWidth">Columns of a head that rotate, from there on.</param>
    /// <param name="table">A <see cref="RotaryTable"/> of that width.</param>
    /// <param name="inverse">Rotate back.</param>
    public static void Rotate<S>(
        nint row, int rows, nint column, int columns, int start, int heads, int time, I32 starts, F32 data, nint stride, int headWidth, int firstColumn, int rotaryWidth, F32 table, bool inverse)
        where S : unmanaged, ISimd<S>
    {
        int first = (int)Math.Max((column - start) / headWidth, 0);
        int end = (int)Math.Min((column + columns - start) / headWidth, heads);
        if (column + columns <= start || first >= end) return;
        Rotary.Rows<S>(row, rows, first, end - first, time, starts, data.At(start + firstColumn), stride, headWidth, rotaryWidth, table, inverse);
    }
}
