namespace ModelDsl.Compiler.Graph;

/// <summary>A product of symbolic extents. Memory is planned in one arena a monomial, and an offset is a constant times it.</summary>
internal enum Monomial
{
    /// <summary>Known at compile time.</summary>
    One,

    /// <summary>Sequences of the batch, B.</summary>
    Batch,

    /// <summary>Positions of the batch, B·T.</summary>
    Rows,
}

/// <summary>A number of rows: a constant times a monomial.</summary>
internal readonly record struct Extent(int Factor, Monomial Monomial)
{
    public static Extent One => new(1, Monomial.One);

    public static Extent Rows => new(1, Monomial.Rows);

    public static Extent Batch => new(1, Monomial.Batch);

    public static Extent Constant(int count) => new(count, Monomial.One);

    public override string ToString() => (Monomial, Factor) switch
    {
        (Monomial.One, _) => Text.Invariant(Factor),
        (_, 1) => Symbol,
        _ => Text.Invariant(Factor) + "·" + Symbol,
    };

    private string Symbol => Monomial == Monomial.Batch ? "B" : "B·T";
}

/// <summary>
/// Every value is a matrix: a symbolic number of rows by a constant number of columns. A vector of a parameter is one row, a scalar
/// for each position one column; heads are columns of a row, or rows after <see cref="Operations.SplitHeads"/>.
/// </summary>
internal readonly record struct Shape(Extent Rows, int Columns)
{
    public static Shape Scalar => new(Extent.One, 1);

    public static Shape Activation(int columns) => new(Extent.Rows, columns);

    public static Shape Matrix(int rows, int columns) => new(Extent.Constant(rows), columns);

    public override string ToString() => $"[{Rows}, {Text.Invariant(Columns)}]";
}

/// <summary>How an operand of a pointwise operation meets the elements (row, column) of its result.</summary>
internal enum Broadcast
{
    /// <summary>An element each.</summary>
    Full,

    /// <summary>One value for each row.</summary>
    PerRow,

    /// <summary>One value for each column.</summary>
    PerColumn,

    /// <summary>One value.</summary>
    Scalar,
}

internal static class Broadcasting
{
    public static Shape Join(IReadOnlyList<Shape> shapes)
    {
        Extent rows = Extent.One;
        int columns = 1;
        foreach (Shape shape in shapes)
        {
            if (shape.Rows != Extent.One)
            {
                if (rows != Extent.One && rows != shape.Rows) throw new CompilerException($"rows {rows} and {shape.Rows} do not broadcast");
                rows = shape.Rows;
            }

            if (shape.Columns != 1)
            {
                if (columns != 1 && columns != shape.Columns) throw new CompilerException($"columns {columns} and {shape.Columns} do not broadcast");
                columns = shape.Columns;
            }
        }

        return new Shape(rows, columns);
    }

    public static Broadcast Of(Shape operand, Shape result)
    {
        bool rows = operand.Rows == result.Rows;
        bool columns = operand.Columns == result.Columns;
        return (rows, columns) switch
        {
            (true, true) => Broadcast.Full,
            (true, false) => Broadcast.PerRow,
            (false, true) => operand.Columns == 1 ? Broadcast.Scalar : Broadcast.PerColumn,
            _ => Broadcast.Scalar,
        };
    }
}
