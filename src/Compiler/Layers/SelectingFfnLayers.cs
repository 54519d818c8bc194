using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Expressions;
using ModelDsl.Compiler.Graph.Operations;

namespace ModelDsl.Compiler.Layers;

/// <summary>What feed-forward layers share of which a few neurons are active at each position.</summary>
internal abstract class SelectingFfnLayer : LayerKind
{
    public override void Check(LayerCheck check) => SelectionChecks.Check(check, Ratio);

    public override void Advise(LayerCheck check) => FfnLayer.AdviseHidden(check);

    /// <summary>The hidden size to start from, as an argument.</summary>
    protected abstract string Ratio { get; }

    public override string Size => Ratio + ", " + SelectionChecks.Fraction;

    /// <summary>How many of a number of neurons a position is to select.</summary>
    public static int Active(AttributeDeclaration attribute, int hidden) => attribute.Int("Active", (int)Math.Round(attribute.Double("ActiveFraction", 0) * hidden));

    /// <summary>The activation of what is selected of <paramref name="x"/>, times <paramref name="factor"/> where there is one.</summary>
    protected static Value Activated(Lowering lowering, AttributeDeclaration attribute, Value x, Func<Value>? factor)
    {
        GraphBuilder builder = lowering.Builder;
        int active = Active(attribute, x.Shape.Columns);
        Value selected;
        Expression kept = new Argument(0);
        if (attribute.Enum("Selection", TopKSelection.Statistical) == TopKSelection.Exact)
        {
            selected = builder.Node(new TopKSelect(active), x).Output;
        }
        else
        {
            TopKThreshold threshold = new(active, attribute.Enum("Deviation", Deviation.Sample), attribute.Enum("ThresholdGradient", ThresholdGradient.Attached));
            selected = builder.Pointwise("Excess", new Argument(0) - new Argument(1), x, builder.Node(threshold, x).Output);
            kept = Kept(kept, attribute.Double("Huber", 0));
        }

        Expression activated = Activations.Of(attribute.Enum("Activation", Activation.GeluTanh), kept);
        return factor is null ? builder.Pointwise(activated, selected) : builder.Pointwise(activated * new Argument(1), selected, factor());
    }

    /// <summary>What remains of an excess t: max(t, 0); with a width h of rounding t² / 2h up to h, t - h / 2 from there on.</summary>
    private static Expression Kept(Expression excess, double huber)
    {
        Expression positive = Algebra.Apply(UnaryOperator.Relu, excess);
        if (huber == 0) return positive;
        Expression beyond = Algebra.Apply(UnaryOperator.Relu, excess - huber), within = positive - beyond;
        return (0.5 / huber * (within * within)) + beyond;
    }

    /// <summary>h·W with W [hidden, width]: a row a neuron, since decoding reads those of selected neurons only.</summary>
    protected static Value Down(Lowering lowering, Value hidden)
    {
        GraphBuilder builder = lowering.Builder;
        string origin = builder.Origin;
        builder.Origin = origin + ".Down";
        Value weight = builder.Parameter(lowering.Declare("Down.Weight", ParameterStart.Gaussian(lowering.OutputDeviation), decay: true, hidden.Shape.Columns, lowering.Width));
        Value result = builder.Add(new Contract(false, false), hidden, weight);
        builder.Origin = origin;
        return result;
    }
}

/// <summary>Downᵀ(activation(topk(Predictor(x₁))) · Up(x₂)), with x₁ the leading columns of x and x₂ the others.</summary>
internal sealed class SparkFfnLayer : SelectingFfnLayer
{
    public override string Attribute => "SparkFfn";

    // As many parameters as an ungated layer of four times the width.
    protected override string Ratio => "HiddenRatio = 4";

    public override Value Lower(Lowering lowering, AttributeDeclaration attribute, Value? input)
    {
        GraphBuilder builder = lowering.Builder;
        int hidden = FfnLayer.Hidden(attribute, lowering.Width), predictor = PredictorWidth(attribute, lowering.Width);
        Value x = lowering.Linear(builder.Add(new Slice(0, predictor), input!), "Predictor", hidden, bias: false);
        return Down(lowering, Activated(lowering, attribute, x, () => lowering.Linear(builder.Add(new Slice(predictor, lowering.Width - predictor), input!), "Up", hidden, bias: false)));
    }

    public override void Check(LayerCheck check)
    {
        base.Check(check);
        SelectionChecks.CheckPredictor(check);
    }

    /// <summary>Leading columns that select: half of them where nothing is said.</summary>
    public static int PredictorWidth(AttributeDeclaration attribute, int width) => attribute.Int("PredictorWidth", width / 2);
}

/// <summary>Downᵀ(activation(topk(Gate(x))) · Up(x)), or Downᵀ(activation(topk(Up(x)))).</summary>
internal sealed class TopKFfnLayer : SelectingFfnLayer
{
    public override string Attribute => "TopKFfn";

    protected override string Ratio => "HiddenRatio = 8.0 / 3";

    public override Value Lower(Lowering lowering, AttributeDeclaration attribute, Value? input)
    {
        int hidden = FfnLayer.Hidden(attribute, lowering.Width);
        Value Product(string name) => lowering.Linear(input!, name, hidden, bias: false);
        return Down(lowering, attribute.Bool("Gated", true)
            ? Activated(lowering, attribute, Product("Gate"), () => Product("Up"))
            : Activated(lowering, attribute, Product("Up"), factor: null));
    }
}
