using ModelDsl.Compiler.Graph.Interpretation;

namespace ModelDsl.Compiler.Graph.Operations;

/// <summary>Constants of an attention.</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Key/value heads; query head h uses floor(h / (Heads / KeyValueHeads)).</param>
/// <param name="HeadWidth">Columns of a head.</param>
/// <param name="Causal">A position sees itself and earlier ones only.</param>
/// <param name="Window">A position sees the last this many, itself included; 0 for all.</param>
/// <param name="SoftCap">Scores become cap · tanh(score / cap); 0 for none.</param>
internal sealed record AttentionForm(int Heads, int KeyValueHeads, int HeadWidth, bool Causal, int Window, double SoftCap)
{
    public double Scale => 1 / Math.Sqrt(HeadWidth);

    public override string ToString()
        => $"{Text.Invariant(Heads)}/{Text.Invariant(KeyValueHeads)} heads x {Text.Invariant(HeadWidth)}{(Causal ? ", causal" : "")}"
            + (Window > 0 ? $", window {Text.Invariant(Window)}" : "") + (SoftCap > 0 ? $", cap {Text.Invariant(SoftCap)}" : "");
}

/// <summary>
/// Softmax attention. Inputs: query [R, H·d], key and value [R, K·d]. Outputs: mixed values [R, H·d], and log Σ exp of each row's and head's scores [R, H],
/// from which the backward recomputes the probabilities.
/// </summary>
internal sealed partial record Attend(AttentionForm Form) : ForwardOperation
{
    public override string Describe() => $"attend {Form}";

    public override IReadOnlyList<string> OutputNames => ["Mixed", "LogSumExp"];

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        Require(inputs[0].Columns == Form.Heads * Form.HeadWidth, $"queries {inputs[0]} do not fit {Form}");
        Require(inputs[1].Columns == Form.KeyValueHeads * Form.HeadWidth && inputs[2] == inputs[1], $"keys {inputs[1]} and values {inputs[2]} do not fit {Form}");
        return [inputs[0], inputs[0] with { Columns = Form.Heads }];
    }

    public override long Flops(IReadOnlyList<Shape> inputs, int context)
        => 4L * Form.Heads * Form.HeadWidth * (Form.Window > 0 ? Math.Min(Form.Window, context) : context);

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        AttentionOracle oracle = new(evaluation, Form, node.Inputs);
        oracle.Forward();
        evaluation.Write(node.Outputs[0], (row, column) => oracle.Mixed[row, column]);
        evaluation.Write(node.Outputs[1], (row, head) => oracle.LogSumExp[row, head]);
    }
}

/// <summary>The backward of <see cref="Attend"/>. Inputs: query, key, value, mixed, log Σ exp, gradient of mixed. Outputs: gradients of query, key, value.</summary>
internal sealed record AttendBackward(AttentionForm Form) : Operation
{
    public override string Describe() => $"attend backward {Form}";

    public override IReadOnlyList<string> OutputNames => ["Query", "Key", "Value"];

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs) => [inputs[0], inputs[1], inputs[2]];

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => 2 * new Attend(Form).Flops(inputs, context);

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        AttentionOracle oracle = new(evaluation, Form, node.Inputs);
        oracle.Backward(evaluation.Read(node.Inputs[3]), evaluation.Read(node.Inputs[4]), evaluation.Read(node.Inputs[5]));
        evaluation.Write(node.Outputs[0], (row, column) => oracle.QueryGradient[row, column]);
        evaluation.Write(node.Outputs[1], (row, column) => oracle.KeyGradient[row, column]);
        evaluation.Write(node.Outputs[2], (row, column) => oracle.ValueGradient[row, column]);
    }
}

/// <summary>
/// Attention of new positions over everything a sequence holds: the new keys and values are appended to its cache first. Inputs: query, key, value of the new positions.
/// </summary>
internal sealed record AttendCached(AttentionForm Form) : Operation
{
    public override string Describe() => $"attend cached {Form}";

    public override IReadOnlyList<string> OutputNames => ["Mixed"];

    public override int CacheFloats => 2 * Form.KeyValueHeads * Form.HeadWidth;

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs) => [new Attend(Form).InferShapes(inputs)[0]];

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => new Attend(Form).Flops(inputs, context);

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        // The interpreter starts every sequence at its first position, where cached attention is plain causal attention.
        AttentionOracle oracle = new(evaluation, Form, node.Inputs);
        oracle.Forward();
        evaluation.Write(node.Output, (row, column) => oracle.Mixed[row, column]);
    }
}
