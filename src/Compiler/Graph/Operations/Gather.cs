using ModelDsl.Compiler.Graph.Interpretation;

namespace ModelDsl.Compiler.Graph.Operations;

/// <summary>Which row of a table a position reads.</summary>
internal enum GatherIndex
{
    /// <summary>The row of its token id.</summary>
    Token,

    /// <summary>The row of its position in the sequence.</summary>
    Position,
}

/// <summary>A table's row for each position. Inputs: token ids [B·T, 1], table.</summary>
internal sealed partial record Gather(GatherIndex Index) : ForwardOperation
{
    public override string Describe() => Index == GatherIndex.Token ? "gather rows by token" : "gather rows by position";

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs) => [new Shape(Extent.Rows, inputs[1].Columns)];

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => 0;

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        Matrix ids = evaluation.Read(node.Inputs[0]), table = evaluation.Read(node.Inputs[1]);
        evaluation.Write(node.Output, (row, column) => table[Index == GatherIndex.Token ? (int)ids[row, 0] : evaluation.Position(row), column]);
    }
}

/// <summary>The backward of <see cref="Gather"/>: for each row of the table the sum of the gradients of the positions that read it. Inputs: token ids, gradient.</summary>
internal sealed record Scatter(GatherIndex Index, int TableRows) : Operation
{
    public override string Describe() => $"scatter into {Text.Invariant(TableRows)} rows by {(Index == GatherIndex.Token ? "token" : "position")}";

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs) => [Shape.Matrix(TableRows, inputs[1].Columns)];

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => 0;

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        Matrix ids = evaluation.Read(node.Inputs[0]), gradient = evaluation.Read(node.Inputs[1]);
        double[,] sums = new double[TableRows, gradient.Columns];
        for (int row = 0; row < gradient.Rows; row++)
        {
            int target = Index == GatherIndex.Token ? (int)ids[row, 0] : evaluation.Position(row);
            for (int column = 0; column < gradient.Columns; column++) sums[target, column] += gradient[row, column];
        }

        evaluation.Write(node.Output, (row, column) => sums[row, column]);
    }
}
