using ModelDsl.Compiler.Graph.Expressions;
using ModelDsl.Compiler.Graph.Interpretation;

namespace ModelDsl.Compiler.Graph.Operations;

/// <summary>
/// What comes after the selection of a feed-forward layer's neurons, where the rows of selected ones are all that is read of its weights: output = Σ f(value, threshold) · (up · input) · down
/// over the neurons. Inputs: values [R, d]; a threshold for each row [R, 1] where there are any, otherwise values that are not selected are 0; where neurons are multiplied an input [R, n]
/// and weights up [d, n]; weights down [d, m]. Outputs: [R, m], and where neurons are multiplied memory for all of them [R, d], which many rows need.
/// </summary>
/// <param name="Neuron">f, over value and threshold; 0 where a neuron is not selected.</param>
/// <param name="Active">How many neurons a row is expected to select.</param>
/// <param name="HasThresholds">Whether there are thresholds.</param>
/// <param name="IsMultiplied">Whether neurons are multiplied.</param>
internal sealed record ActiveFfn(Expression Neuron, int Active, bool HasThresholds, bool IsMultiplied) : Operation
{
    public override string Describe() => $"active neurons {Neuron}{(IsMultiplied ? " times a product" : "")}";

    public override IReadOnlyList<string> OutputNames => ["Active", "Hidden"];

    public Value Values(Node node) => node.Inputs[0];

    public Value? Thresholds(Node node) => HasThresholds ? node.Inputs[1] : null;

    public Value? Input(Node node) => IsMultiplied ? node.Inputs[node.Inputs.Count - 3] : null;

    public Value? Up(Node node) => IsMultiplied ? node.Inputs[node.Inputs.Count - 2] : null;

    public Value Down(Node node) => node.Inputs[node.Inputs.Count - 1];

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        Require(inputs.Count == 2 + (HasThresholds ? 1 : 0) + (IsMultiplied ? 2 : 0), $"{inputs.Count} operands of {Describe()}");
        Shape values = inputs[0], down = inputs[inputs.Count - 1];
        Require(down.Rows == Extent.Constant(values.Columns), $"{down} has not a row for each column of {values}");
        if (HasThresholds) Require(inputs[1] == values with { Columns = 1 }, $"{inputs[1]} has not a threshold for each row of {values}");
        Shape output = values with { Columns = down.Columns };
        if (!IsMultiplied) return [output];
        Shape input = inputs[inputs.Count - 3], up = inputs[inputs.Count - 2];
        Require(input.Rows == values.Rows && up == Shape.Matrix(values.Columns, input.Columns), $"{up} does not turn {input} into {values}");
        return [output, values];
    }

    public override long Flops(IReadOnlyList<Shape> inputs, int context)
        => 2L * Active * (inputs[inputs.Count - 1].Columns + (IsMultiplied ? inputs[inputs.Count - 3].Columns : 0));

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        Matrix values = evaluation.Read(Values(node)), down = evaluation.Read(Down(node));
        Matrix? thresholds = Thresholds(node) is { } bounds ? evaluation.Read(bounds) : null, input = Input(node) is { } factor ? evaluation.Read(factor) : null;
        Matrix? up = Up(node) is { } weights ? evaluation.Read(weights) : null;
        Matrix hidden = new(values.Rows, values.Columns);
        for (int row = 0; row < values.Rows; row++)
        {
            for (int neuron = 0; neuron < values.Columns; neuron++)
            {
                double activation = Neuron.Evaluate(index => index == 0 ? values[row, neuron] : thresholds?[row, 0] ?? 0);
                double product = input is null ? 1 : Enumerable.Range(0, input.Columns).Sum(column => input[row, column] * up![neuron, column]);
                hidden[row, neuron] = activation * product;
            }
        }

        evaluation.Write(node.Output, (row, column) => Enumerable.Range(0, hidden.Columns).Sum(neuron => hidden[row, neuron] * down[neuron, column]));
        if (IsMultiplied) evaluation.Write(node.Outputs[1], (row, column) => hidden[row, column]);
    }
}
