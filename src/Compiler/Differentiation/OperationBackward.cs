using ModelDsl.Compiler.Differentiation;
using ModelDsl.Compiler.Graph.Expressions;

// The backward of each operation, side by side: one partial of each record.
namespace ModelDsl.Compiler.Graph.Operations;

internal sealed partial record Pointwise
{
    /// <summary>dx_i = upstream · ∂f/∂x_i, summed over the rows or columns along which x_i was broadcast.</summary>
    public override void Differentiate(Backward backward, Node node, IReadOnlyList<Value?> gradients)
    {
        Value upstream = gradients[0]!;
        for (int i = 0; i < node.Inputs.Count; i++)
        {
            Value input = node.Inputs[i];
            if (!Backward.TakesGradient(input)) continue;
            Expression derivative = new Argument(node.Inputs.Count) * ExpressionDerivative.Of(Body, i);
            if (derivative is Constant) continue;
            Value gradient = backward.Builder.Pointwise(derivative, [.. node.Inputs, upstream]);
            if (gradient.Shape.Columns != input.Shape.Columns) gradient = backward.Builder.Add(new Reduce(Axis.Columns), gradient);
            if (gradient.Shape.Rows != input.Shape.Rows) gradient = backward.Builder.Add(new Reduce(Axis.Rows), gradient);
            backward.Accumulate(input, gradient);
        }
    }
}

internal sealed partial record Reduce
{
    /// <summary>The upstream gradient, to every element of the sum.</summary>
    public override void Differentiate(Backward backward, Node node, IReadOnlyList<Value?> gradients)
    {
        Value input = node.Inputs[0];
        Value spread = backward.Builder.Add(new Spread(input.Shape), gradients[0]!);
        backward.Accumulate(input, spread);
    }
}

internal sealed partial record Contract
{
    /// <summary>With y = a·b: da = dy·bᵀ and db = aᵀ·dy, each transposed as the operand was.</summary>
    public override void Differentiate(Backward backward, Node node, IReadOnlyList<Value?> gradients)
    {
        (Value left, Value right, Value upstream) = (node.Inputs[0], node.Inputs[1], gradients[0]!);
        if (TransposeLeft) throw new CompilerException("a forward product does not transpose its left operand");
        if (Backward.TakesGradient(left)) backward.Accumulate(left, backward.Builder.Add(new Contract(false, !TransposeRight), upstream, right));
        backward.Accumulate(right, TransposeRight
            ? backward.Builder.Add(new Contract(true, false), upstream, left)
            : backward.Builder.Add(new Contract(true, false), left, upstream));
    }
}

internal sealed partial record Slice
{
    public override void Differentiate(Backward backward, Node node, IReadOnlyList<Value?> gradients)
        => backward.AccumulateColumns(node.Inputs[0], Start, gradients[0]!);
}

internal sealed partial record SplitHeads
{
    public override void Differentiate(Backward backward, Node node, IReadOnlyList<Value?> gradients)
        => backward.Accumulate(node.Inputs[0], backward.Builder.Add(new MergeHeads(Heads), gradients[0]!));
}

internal sealed partial record MergeHeads
{
    public override void Differentiate(Backward backward, Node node, IReadOnlyList<Value?> gradients)
        => backward.Accumulate(node.Inputs[0], backward.Builder.Add(new SplitHeads(Heads), gradients[0]!));
}

internal sealed partial record Gather
{
    public override void Differentiate(Backward backward, Node node, IReadOnlyList<Value?> gradients)
        => backward.Accumulate(node.Inputs[1], backward.Builder.Add(new Scatter(Index, node.Inputs[1].Shape.Rows.Factor), node.Inputs[0], gradients[0]!));
}

internal sealed partial record Rotary
{
    /// <summary>The gradient turns back by the same angle.</summary>
    public override void Differentiate(Backward backward, Node node, IReadOnlyList<Value?> gradients)
        => backward.Accumulate(node.Inputs[0], backward.Builder.Add(this with { Inverse = !Inverse }, gradients[0]!));
}

internal sealed partial record CrossEntropy
{
    public override void Differentiate(Backward backward, Node node, IReadOnlyList<Value?> gradients)
    {
        if (gradients[1] is not null) throw new CompilerException("log Σ exp of a cross-entropy has no gradient of its own");
        backward.Accumulate(node.Inputs[0], backward.Builder.Add(new CrossEntropyBackward(), node.Inputs[0], node.Inputs[1], node.Outputs[1], gradients[0]!));
    }
}

internal sealed partial record Attend
{
    public override void Differentiate(Backward backward, Node node, IReadOnlyList<Value?> gradients)
    {
        if (gradients[1] is not null) throw new CompilerException("log Σ exp of an attention has no gradient of its own");
        Node result = backward.Builder.Node(new AttendBackward(Form), [.. node.Inputs, .. node.Outputs, gradients[0]!]);
        for (int i = 0; i < 3; i++) backward.Accumulate(node.Inputs[i], result.Outputs[i]);
    }
}

internal sealed partial record TopKThreshold
{
    /// <summary>dx = dθ · (1 / d + slope · (x - mean)): a formula over numbers of the row, so that it is never stored.</summary>
    public override void Differentiate(Backward backward, Node node, IReadOnlyList<Value?> gradients)
    {
        if (gradients[1] is not null || gradients[2] is not null) throw new CompilerException("mean and slope of a top-k threshold have no gradients of their own");
        Value input = node.Inputs[0];
        Argument x = new(0), mean = new(1), slope = new(2), upstream = new(3);
        backward.Accumulate(input, backward.Builder.Pointwise(upstream * ((1.0 / input.Shape.Columns) + (slope * (x - mean))), input, node.Outputs[1], node.Outputs[2], gradients[0]!));
    }
}

internal sealed partial record TopKSelect
{
    public override void Differentiate(Backward backward, Node node, IReadOnlyList<Value?> gradients)
    {
        if (gradients[1] is not null || gradients[2] is not null) throw new CompilerException("the least value of a top-k selection has no gradient of its own");
        backward.Accumulate(node.Inputs[0], backward.Builder.Add(new TopKSelectBackward(), node.Inputs[0], node.Outputs[1], node.Outputs[2], gradients[0]!));
    }
}
