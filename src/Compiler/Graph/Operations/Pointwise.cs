using ModelDsl.Compiler.Graph.Expressions;
using ModelDsl.Compiler.Graph.Interpretation;

namespace ModelDsl.Compiler.Graph.Operations;

/// <summary>A formula applied to each element; operands with one row, one column or both are broadcast.</summary>
internal sealed partial record Pointwise(Expression Body) : ForwardOperation
{
    public override string Describe() => $"pointwise {Body}";

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs) => [Broadcasting.Join(inputs)];

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => 0;

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        Matrix[] inputs = node.Inputs.Select(evaluation.Read).ToArray();
        evaluation.Write(node.Output, (row, column) => Body.Evaluate(index => inputs[index].Broadcast(row, column)));
    }
}
