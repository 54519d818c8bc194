using ModelDsl.Compiler.Graph.Interpretation;

namespace ModelDsl.Compiler.Graph.Operations;

/// <summary>Some neighbouring columns: a view, nothing moves.</summary>
internal sealed partial record Slice(int Start, int Count) : ForwardOperation
{
    public override string Describe() => $"columns {Text.Invariant(Start)}..{Text.Invariant(Start + Count)}";

    public override Residence Residence => Residence.View;

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        Require(Start >= 0 && Start + Count <= inputs[0].Columns, $"columns {Start}..{Start + Count} exceed {inputs[0]}");
        return [inputs[0] with { Columns = Count }];
    }

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => 0;

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        Matrix input = evaluation.Read(node.Inputs[0]);
        evaluation.Write(node.Output, (row, column) => input[row, Start + column]);
    }
}

/// <summary>Some neighbouring rows of a parameter that stacks several: a view. Only where no gradient is asked for.</summary>
internal sealed record SliceRows(int Start, int Count) : Operation
{
    public override string Describe() => $"rows {Text.Invariant(Start)}..{Text.Invariant(Start + Count)}";

    public override Residence Residence => Residence.View;

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        Require(inputs[0].Rows.Monomial == Monomial.One && Start >= 0 && Start + Count <= inputs[0].Rows.Factor, $"rows {Start}..{Start + Count} exceed {inputs[0]}");
        return [Shape.Matrix(Count, inputs[0].Columns)];
    }

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => 0;

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        Matrix input = evaluation.Read(node.Inputs[0]);
        evaluation.Write(node.Output, (row, column) => input[Start + row, column]);
    }
}

/// <summary>Columns side by side. The planner places the operands in the result, so nothing moves.</summary>
internal sealed record Concatenate : Operation
{
    public override string Describe() => "concatenate columns";

    public override Residence Residence => Residence.Gathers;

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs) => [inputs[0] with { Columns = inputs.Sum(shape => shape.Columns) }];

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => 0;

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        Matrix[] inputs = node.Inputs.Select(evaluation.Read).ToArray();
        evaluation.Write(node.Output, (row, column) =>
        {
            int part = 0;
            while (column >= inputs[part].Columns) column -= inputs[part++].Columns;
            return inputs[part][row, column];
        });
    }
}

/// <summary>Each head of a row as a row of its own, [R, H·d] to [H·R, d]: a view.</summary>
internal sealed partial record SplitHeads(int Heads) : ForwardOperation
{
    public override string Describe() => $"split {Text.Invariant(Heads)} heads";

    public override Residence Residence => Residence.View;

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        Require(inputs[0].Columns % Heads == 0, $"{inputs[0]} does not split into {Heads} heads");
        return [new Shape(inputs[0].Rows with { Factor = inputs[0].Rows.Factor * Heads }, inputs[0].Columns / Heads)];
    }

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => 0;

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        Matrix input = evaluation.Read(node.Inputs[0]);
        int width = node.Output.Shape.Columns;
        evaluation.Write(node.Output, (row, column) => input[row / Heads, (row % Heads * width) + column]);
    }
}

/// <summary>The inverse of <see cref="SplitHeads"/>: a view.</summary>
internal sealed partial record MergeHeads(int Heads) : ForwardOperation
{
    public override string Describe() => $"merge {Text.Invariant(Heads)} heads";

    public override Residence Residence => Residence.View;

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        Require(inputs[0].Rows.Factor % Heads == 0, $"{inputs[0]} does not merge by {Heads} heads");
        return [new Shape(inputs[0].Rows with { Factor = inputs[0].Rows.Factor / Heads }, inputs[0].Columns * Heads)];
    }

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => 0;

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        Matrix input = evaluation.Read(node.Inputs[0]);
        int width = node.Inputs[0].Shape.Columns;
        evaluation.Write(node.Output, (row, column) => input[(row * Heads) + (column / width), column % width]);
    }
}

/// <summary>The last position of each sequence, [B·T, C] to [B, C].</summary>
internal sealed record LastPosition : Operation
{
    public override string Describe() => "last position";

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        Require(inputs[0].Rows == Extent.Rows, $"{inputs[0]} has no positions");
        return [inputs[0] with { Rows = Extent.Batch }];
    }

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => 0;

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        Matrix input = evaluation.Read(node.Inputs[0]);
        evaluation.Write(node.Output, (row, column) => input[((row + 1) * evaluation.Time) - 1, column]);
    }
}
