using ModelDsl.Compiler.Graph.Interpretation;

namespace ModelDsl.Compiler.Graph.Operations;

/// <summary>A value for each row or column, repeated: the backward of a sum. Fusion treats it as a pointwise operand, so nothing is ever stored.</summary>
internal sealed record Spread(Shape Target) : Operation
{
    public override string Describe() => $"spread to {Target}";

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        Require(Broadcasting.Join([inputs[0], Target]) == Target, $"{inputs[0]} does not spread to {Target}");
        return [Target];
    }

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => 0;

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        Matrix input = evaluation.Read(node.Inputs[0]);
        evaluation.Write(node.Output, input.Broadcast);
    }
}
