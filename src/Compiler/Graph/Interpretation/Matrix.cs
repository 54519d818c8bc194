namespace ModelDsl.Compiler.Graph.Interpretation;

/// <summary>A concrete matrix in double.</summary>
internal sealed class Matrix(int rows, int columns, double[] data)
{
    public Matrix(int rows, int columns) : this(rows, columns, new double[rows * columns])
    {
    }

    public int Rows { get; } = rows;

    public int Columns { get; } = columns;

    /// <summary>Elements, row by row.</summary>
    public double[] Data { get; } = data;

    public double this[int row, int column]
    {
        get => Data[(row * Columns) + column];
        set => Data[(row * Columns) + column] = value;
    }

    /// <summary>The element that (row, column) of a larger result reads.</summary>
    public double Broadcast(int row, int column) => this[Rows == 1 ? 0 : row, Columns == 1 ? 0 : column];
}
