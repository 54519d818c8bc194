using ModelDsl.Compiler.Graph.Interpretation;

namespace ModelDsl.Compiler.Graph.Operations;

/// <summary>
/// The <paramref name="Count"/> largest values of each row as they are, the lowest column first among equals, and 0 elsewhere. Input: values [R, d]. Outputs: what is kept [R, d], and
/// by which the backward finds it, [R, 1] each: the least value kept, and how many of those equal to it are.
/// </summary>
internal sealed partial record TopKSelect(int Count) : ForwardOperation
{
    public override string Describe() => $"top-k select {Text.Invariant(Count)}";

    public override IReadOnlyList<string> OutputNames => ["Kept", "Least", "Ties"];

    public override int Selected => Count;

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        Require(Count >= 1 && Count < inputs[0].Columns, $"{Count} of {inputs[0]} columns are no selection");
        Shape number = inputs[0] with { Columns = 1 };
        return [inputs[0], number, number];
    }

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => 0;

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        Matrix input = evaluation.Read(node.Inputs[0]);
        int[][] kept = [.. Enumerable.Range(0, input.Rows).Select(row => Enumerable.Range(0, input.Columns).OrderByDescending(column => input[row, column]).Take(Count).ToArray())];
        evaluation.Write(node.Outputs[0], (row, column) => kept[row].Contains(column) ? input[row, column] : 0);
        evaluation.Write(node.Outputs[1], (row, _) => input[row, kept[row][Count - 1]]);
        evaluation.Write(node.Outputs[2], (row, _) => kept[row].Count(column => input[row, column] == input[row, kept[row][Count - 1]]));
    }
}

/// <summary>The backward of <see cref="TopKSelect"/>: the gradient where a value was kept, 0 elsewhere. Inputs: values, least value kept, number kept of those equal to it, gradient.</summary>
internal sealed record TopKSelectBackward : Operation
{
    public override string Describe() => "top-k select backward";

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs) => [inputs[0]];

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => 0;

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        Matrix input = evaluation.Read(node.Inputs[0]), least = evaluation.Read(node.Inputs[1]), ties = evaluation.Read(node.Inputs[2]), gradient = evaluation.Read(node.Inputs[3]);
        bool IsKept(int row, int column) => input[row, column] > least[row, 0]
            || (input[row, column] == least[row, 0] && Enumerable.Range(0, column).Count(before => input[row, before] == least[row, 0]) < ties[row, 0]);
        evaluation.Write(node.Output, (row, column) => IsKept(row, column) ? gradient[row, column] : 0);
    }
}
