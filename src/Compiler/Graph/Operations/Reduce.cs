using ModelDsl.Compiler.Graph.Interpretation;

namespace ModelDsl.Compiler.Graph.Operations;

/// <summary>What a reduction sums over.</summary>
internal enum Axis
{
    /// <summary>The columns of each row.</summary>
    Columns,

    /// <summary>The rows of each column.</summary>
    Rows,
}

/// <summary>A sum over columns or over rows.</summary>
internal sealed partial record Reduce(Axis Axis) : ForwardOperation
{
    public override string Describe() => Axis == Axis.Columns ? "sum columns" : "sum rows";

    public override IReadOnlyList<string> OutputNames => ["Sum"];

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
        => [Axis == Axis.Columns ? new Shape(inputs[0].Rows, 1) : new Shape(Extent.One, inputs[0].Columns)];

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => 0;

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        Matrix input = evaluation.Read(node.Inputs[0]);
        evaluation.Write(node.Output, (row, column) =>
        {
            double sum = 0;
            if (Axis == Axis.Columns) for (int c = 0; c < input.Columns; c++) sum += input[row, c];
            else for (int r = 0; r < input.Rows; r++) sum += input[r, column];
            return sum;
        });
    }
}
