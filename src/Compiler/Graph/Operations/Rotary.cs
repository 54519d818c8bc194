using ModelDsl.Compiler.Graph.Interpretation;

namespace ModelDsl.Compiler.Graph.Operations;

/// <summary>
/// Rotary position embedding by half rotation: in each head, the pair (i, i + w/2) of w columns from the first one on turns by the angle position · theta^(-2i/w)
/// (Su et al. 2021, in the arrangement of Hugging Face's Llama).
/// </summary>
/// <param name="Heads">Heads of a row.</param>
/// <param name="HeadWidth">Columns of a head.</param>
/// <param name="First">First column of a head that turns.</param>
/// <param name="RotaryWidth">Columns of a head that turn.</param>
/// <param name="Theta">Base of the angles.</param>
/// <param name="Inverse">Whether it turns back.</param>
internal sealed partial record Rotary(int Heads, int HeadWidth, int First, int RotaryWidth, double Theta, bool Inverse) : ForwardOperation
{
    public override string Describe()
        => $"rotate{(Inverse ? " back" : "")} {Text.Invariant(RotaryWidth)}{(First > 0 ? " from " + Text.Invariant(First) : "")} of {Text.Invariant(Heads)} x {Text.Invariant(HeadWidth)}, theta {Text.Invariant(Theta)}";

    public override Residence Residence => Residence.InPlace;

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        Require(inputs[0].Columns == Heads * HeadWidth && RotaryWidth % 2 == 0 && First + RotaryWidth <= HeadWidth, $"{Describe()} does not fit {inputs[0]}");
        return [inputs[0]];
    }

    public override ConstantTable? Table => new RotaryAngles(RotaryWidth, Theta);

    public override long Flops(IReadOnlyList<Shape> inputs, int context) => 0;

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        Matrix input = evaluation.Read(node.Inputs[0]);
        int half = RotaryWidth / 2;
        evaluation.Write(node.Output, (row, column) =>
        {
            int within = (column % HeadWidth) - First;
            if (within < 0 || within >= RotaryWidth) return input[row, column];
            int pair = within % half;
            double angle = evaluation.Position(row) * Math.Pow(Theta, -2.0 * pair / RotaryWidth) * (Inverse ? -1 : 1);
            double first = input[row, column - within + pair], second = input[row, column - within + pair + half];
            return within < half ? (first * Math.Cos(angle)) - (second * Math.Sin(angle)) : (second * Math.Cos(angle)) + (first * Math.Sin(angle));
        });
    }
}
