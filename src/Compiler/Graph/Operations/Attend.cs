using ModelDsl.Compiler.Graph.Interpretation;

namespace ModelDsl.Compiler.Graph.Operations;

/// <summary>Constants of an attention.</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Key/value heads; query head h uses floor(h / (Heads / KeyValueHeads)).</param>
/// <param name="HeadWidth">Columns of a head.</param>
/// <param name="Causal">A position sees itself and earlier ones only.</param>
/// <param name="Window">A position sees the last this many, itself included; 0 for all.</param>
/// <param name="SoftCap">Scores become cap · tanh(score / cap); 0 for none.</param>
/// <param name="TopK">A query keeps about this many of the keys it sees, by a threshold at mean + deviation · Q(1 - k/n) of its scores; 0 for all.</param>
/// <param name="PredictorWidth">The first columns of a head that make the scores; the others make a softplus that weights what is kept. 0 where all columns make the scores.</param>
/// <param name="Deviation">The deviation in the threshold.</param>
internal sealed record AttentionForm(
    int Heads, int KeyValueHeads, int HeadWidth, bool Causal, int Window, double SoftCap, int TopK = 0, int PredictorWidth = 0, Deviation Deviation = Deviation.Sample)
{
    /// <summary>Columns of a head that make the scores.</summary>
    public int ScoreWidth => PredictorWidth > 0 ? PredictorWidth : HeadWidth;

    public double Scale => 1 / Math.Sqrt(ScoreWidth);

    /// <summary>Factor of the products behind the predictor.</summary>
    public double GateScale => 1 / Math.Sqrt(HeadWidth - PredictorWidth);

    /// <summary>Numbers that the forward leaves its backward for each row: log Σ exp for each head, and where it selects then the threshold for each.</summary>
    public int Statistics => TopK > 0 ? 2 * Heads : Heads;

    /// <summary>The thresholds by number of keys.</summary>
    public ConstantTable? Table => TopK > 0 ? new SelectionThresholds(TopK, Deviation) : null;

    /// <summary>Multiply-adds counted as two, for a query position at a context: training computes all keys it sees and masks, decoding computes the scores of all and the rest of those kept.</summary>
    public long Flops(int context, bool skips = false)
    {
        int seen = Window > 0 ? Math.Min(Window, context) : context, kept = skips && TopK > 0 ? Math.Min(TopK, seen) : seen;
        return 2L * Heads * (((long)seen * ScoreWidth) + ((long)kept * ((2 * HeadWidth) - ScoreWidth)));
    }

    public override string ToString()
        => $"{Text.Invariant(Heads)}/{Text.Invariant(KeyValueHeads)} heads x {Text.Invariant(HeadWidth)}{(Causal ? ", causal" : "")}"
            + (TopK > 0 ? $", about {Text.Invariant(TopK)} keys{(Deviation == Deviation.Sample ? "" : " by the deviation of a population")}" : "")
            + (PredictorWidth > 0 ? $", chosen by {Text.Invariant(PredictorWidth)} columns" : "") + (Window > 0 ? $", window {Text.Invariant(Window)}" : "") + (SoftCap > 0 ? $", cap {Text.Invariant(SoftCap)}" : "");
}

/// <summary>
/// Softmax attention. Inputs: query [R, H·d], key and value [R, K·d]. Outputs: mixed values [R, H·d], and log Σ exp of each row's and head's scores [R, H],
/// from which the backward recomputes the probabilities. Where it selects keys, thresholds follow, [R, 2H], +∞ where the largest score alone is kept, and then its key's position stands in
/// place of the logarithm.
/// </summary>
internal sealed partial record Attend(AttentionForm Form) : ForwardOperation
{
    public override string Describe() => $"attend {Form}";

    public override IReadOnlyList<string> OutputNames => ["Mixed", Form.TopK > 0 ? "Statistics" : "LogSumExp"];

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        Require(inputs[0].Columns == Form.Heads * Form.HeadWidth, $"queries {inputs[0]} do not fit {Form}");
        Require(inputs[1].Columns == Form.KeyValueHeads * Form.HeadWidth && inputs[2] == inputs[1], $"keys {inputs[1]} and values {inputs[2]} do not fit {Form}");
        Require(Form.PredictorWidth < Form.HeadWidth && (Form.TopK > 0 || Form.PredictorWidth == 0), $"{Form} selects nothing or leaves nothing to weight");
        return [inputs[0], inputs[0] with { Columns = Form.Statistics }];
    }

    public override ConstantTable? Table => Form.Table;

    public override int Selected => Form.TopK;

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => Form.Flops(context);

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        AttentionOracle oracle = new(evaluation, Form, node.Inputs);
        oracle.Forward();
        evaluation.Write(node.Outputs[0], (row, column) => oracle.Mixed[row, column]);
        evaluation.Write(node.Outputs[1], (row, column) => oracle.Statistics[row, column]);
    }
}

/// <summary>The backward of <see cref="Attend"/>. Inputs: query, key, value, mixed, log Σ exp, gradient of mixed. Outputs: gradients of query, key, value.</summary>
internal sealed record AttendBackward(AttentionForm Form) : Operation
{
    public override string Describe() => $"attend backward {Form}";

    public override IReadOnlyList<string> OutputNames => ["Query", "Key", "Value"];

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs) => [inputs[0], inputs[1], inputs[2]];

    public override ConstantTable? Table => Form.Table;

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => 2 * Form.Flops(context);

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

    public override ConstantTable? Table => Form.Table;

    public override int Selected => Form.TopK;

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => Form.Flops(context, skips: true);

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        // The interpreter starts every sequence at its first position, where cached attention is plain causal attention.
        AttentionOracle oracle = new(evaluation, Form, node.Inputs);
        oracle.Forward();
        evaluation.Write(node.Output, (row, column) => oracle.Mixed[row, column]);
    }
}
