using ModelDsl.Compiler.Graph.Interpretation;

namespace ModelDsl.Compiler.Graph.Operations;

/// <summary>
/// The threshold that about <paramref name="Count"/> of d normal values of a row exceed: θ = mean + deviation · Q(1 - Count / d), with Q the inverse of the standard normal
/// distribution function (You et al. 2025). Input: values [R, d]. Outputs, each [R, 1]: the threshold, the mean, and the slope Q / (n · deviation), n the divisor of the variance, by
/// which ∂θ/∂x = 1 / d + slope · (x - mean); it is 0 where all values are equal.
/// </summary>
/// <param name="Count">How many are wanted.</param>
/// <param name="Deviation">Which deviation.</param>
/// <param name="Gradient">Whether gradients flow through the threshold. No part of the text form: parameters mean the same with either.</param>
internal sealed partial record TopKThreshold(int Count, Deviation Deviation, ThresholdGradient Gradient) : ForwardOperation
{
    public override string Describe() => $"top-k threshold {Text.Invariant(Count)}, {(Deviation == Deviation.Sample ? "sample" : "population")} deviation";

    public override IReadOnlyList<string> OutputNames => ["Threshold", "Mean", "Slope"];

    public override int Selected => Count;

    public override bool IsConstant => Gradient == ThresholdGradient.Detached;

    /// <summary>Q(1 - Count / d).</summary>
    public double Quantile(int columns) => NormalQuantile.Of(1 - ((double)Count / columns));

    /// <summary>The divisor of the variance of d values.</summary>
    public int Divisor(int columns) => Deviation == Deviation.Sample ? columns - 1 : columns;

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        Require(Count >= 1 && Count < inputs[0].Columns, $"{Count} of {inputs[0]} columns are no selection");
        Shape number = inputs[0] with { Columns = 1 };
        return [number, number, number];
    }

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => 0;

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        Matrix input = evaluation.Read(node.Inputs[0]);
        int columns = input.Columns;
        double quantile = Quantile(columns);
        double Mean(int row) => Enumerable.Range(0, columns).Average(column => input[row, column]);
        double Variance(int row)
        {
            double mean = Mean(row);
            return Enumerable.Range(0, columns).Sum(column => (input[row, column] - mean) * (input[row, column] - mean)) / Divisor(columns);
        }

        evaluation.Write(node.Outputs[0], (row, _) => Mean(row) + (Math.Sqrt(Variance(row)) * quantile));
        evaluation.Write(node.Outputs[1], (row, _) => Mean(row));
        evaluation.Write(node.Outputs[2], (row, _) => Variance(row) is > 0 and double variance ? quantile / (Divisor(columns) * Math.Sqrt(variance)) : 0);
    }
}
