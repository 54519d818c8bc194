using ModelDsl.Compiler.Graph.Interpretation;

namespace ModelDsl.Compiler.Graph.Operations;

/// <summary>
/// Softmax cross-entropy of each row of logits with a target id: log Σ exp(logit) - logit[target], 0 where the target is negative.
/// Inputs: logits [R, V], targets [R, 1]. Outputs: losses [R, 1] and log Σ exp [R, 1].
/// </summary>
internal sealed partial record CrossEntropy : ForwardOperation
{
    public override string Describe() => "cross-entropy";

    public override IReadOnlyList<string> OutputNames => ["Losses", "LogSumExp"];

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs) => [inputs[0] with { Columns = 1 }, inputs[0] with { Columns = 1 }];

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => 0;

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        Matrix logits = evaluation.Read(node.Inputs[0]), targets = evaluation.Read(node.Inputs[1]);
        double[] sums = new double[logits.Rows];
        for (int row = 0; row < sums.Length; row++)
        {
            double largest = double.NegativeInfinity;
            for (int column = 0; column < logits.Columns; column++) largest = Math.Max(largest, logits[row, column]);
            double sum = 0;
            for (int column = 0; column < logits.Columns; column++) sum += Math.Exp(logits[row, column] - largest);
            sums[row] = largest + Math.Log(sum);
        }

        evaluation.Write(node.Outputs[0], (row, _) => targets[row, 0] < 0 ? 0 : sums[row] - logits[row, (int)targets[row, 0]]);
        evaluation.Write(node.Outputs[1], (row, _) => sums[row]);
    }
}

/// <summary>The backward of <see cref="CrossEntropy"/>. Inputs: logits, targets, log Σ exp, gradient of each counted loss [1, 1]. Output: gradient of the logits.</summary>
internal sealed record CrossEntropyBackward : Operation
{
    public override string Describe() => "cross-entropy backward";

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        Require(inputs[3] == Shape.Scalar, "the loss is a mean: every counted row has the same gradient");
        return [inputs[0]];
    }

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => 0;

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        Matrix logits = evaluation.Read(node.Inputs[0]), targets = evaluation.Read(node.Inputs[1]);
        Matrix sums = evaluation.Read(node.Inputs[2]), scale = evaluation.Read(node.Inputs[3]);
        evaluation.Write(node.Output, (row, column) => targets[row, 0] < 0
            ? 0
            : scale[0, 0] * (Math.Exp(logits[row, column] - sums[row, 0]) - (column == (int)targets[row, 0] ? 1 : 0)));
    }
}
