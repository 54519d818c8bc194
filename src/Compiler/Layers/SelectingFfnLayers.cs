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

    /// <summary>
    /// Standard deviation of the start of matrices that read a number of columns: values of a deviation of one. With the ordinary start, steps of an optimiser soon outweigh it, and scores are no longer near
    /// normal: the share selected fell from 8 % to 2 % within a hundred steps.
    /// </summary>
    protected static double Start(int columns) => 1 / Math.Sqrt(columns);

    /// <summary>How many of a number of neurons a position is to select.</summary>
    public static int Active(AttributeDeclaration attribute, int hidden) => attribute.Int("Active", (int)Math.Round(attribute.Double("ActiveFraction", 0) * hidden));

    /// <summary>
    /// Selection among <paramref name="x"/>, activation, where there is an input the product of it with <paramref name="up"/> as factor, and the product with Down [hidden, width]: a row a
    /// neuron, since decoding reads those of selected neurons only.
    /// </summary>
    protected static Value Neurons(Lowering lowering, AttributeDeclaration attribute, Value x, Value? input, Func<Value>? up)
    {
        GraphBuilder builder = lowering.Builder;
        int hidden = x.Shape.Columns, active = Active(attribute, hidden);
        Value values = x;
        Value? thresholds = null;
        Expression kept = new Argument(0);
        if (attribute.Enum("Selection", TopKSelection.Statistical) == TopKSelection.Exact)
        {
            values = builder.Add(new TopKSelect(active), x);
        }
        else
        {
            thresholds = builder.Add(new TopKThreshold(active, attribute.Enum("Deviation", Deviation.Sample), attribute.Enum("ThresholdGradient", ThresholdGradient.Attached)), x);
            kept = Kept(kept, attribute.Double("Huber", 0));
        }

        Expression activation = Activations.Of(attribute.Enum("Activation", Activation.GeluTanh), kept);
        Value Down() => builder.Parameter(lowering.Weight("Down", hidden, lowering.Width, lowering.OutputDeviation));
        if (lowering.Kind == ProgramKind.Prefill)
        {
            Expression neuron = thresholds is null ? activation : activation.Substitute(_ => new Argument(0) - new Argument(1));
            List<Value> operands = [values];
            if (thresholds is not null) operands.Add(thresholds);
            if (input is not null) operands.AddRange([input, up!()]);
            operands.Add(Down());
            return builder.Add(new ActiveFfn(neuron, active, thresholds is not null, input is not null), [.. operands]);
        }

        Value selected = thresholds is null ? values : builder.Pointwise("Excess", new Argument(0) - new Argument(1), values, thresholds);
        Value neurons = input is null
            ? builder.Pointwise(activation, selected)
            : builder.Pointwise(activation * new Argument(1), selected, lowering.Product("Up", input, up!(), transposed: true));
        return lowering.Product("Down", neurons, Down(), transposed: false);
    }

    /// <summary>What remains of an excess t: max(t, 0); with a width h of rounding t² / 2h up to h, t - h / 2 from there on.</summary>
    private static Expression Kept(Expression excess, double huber)
    {
        Expression positive = Algebra.Apply(UnaryOperator.Relu, excess);
        if (huber == 0) return positive;
        Expression beyond = Algebra.Apply(UnaryOperator.Relu, excess - huber), within = positive - beyond;
        return (0.5 / huber * (within * within)) + beyond;
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
        int hidden = FfnLayer.Hidden(attribute, lowering.Width), predictor = PredictorWidth(attribute, lowering.Width), others = lowering.Width - predictor;
        Value x = lowering.Linear(builder.Add(new Slice(0, predictor), input!), "Predictor", hidden, bias: false, Start(predictor));
        return Neurons(lowering, attribute, x, builder.Add(new Slice(predictor, others), input!), () => builder.Parameter(lowering.Weight("Up", hidden, others, Start(others))));
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
        GraphBuilder builder = lowering.Builder;
        int hidden = FfnLayer.Hidden(attribute, lowering.Width);
        ParameterDeclaration Weight(string name) => lowering.Weight(name, hidden, lowering.Width, Start(lowering.Width));
        if (!attribute.Bool("Gated", true)) return Neurons(lowering, attribute, lowering.Product("Up", input!, builder.Parameter(Weight("Up")), transposed: true), input: null, up: null);
        if (lowering.Kind != ProgramKind.Prefill)
            return Neurons(lowering, attribute, lowering.Product("Gate", input!, builder.Parameter(Weight("Gate")), transposed: true), input, () => builder.Parameter(Weight("Up")));

        // Elsewhere the two products are one, so here too their weights follow each other.
        Value both = builder.Parameter(Weight("Gate"), Weight("Up"));
        Value Rows(int start) => builder.Add(new SliceRows(start, hidden), both);
        return Neurons(lowering, attribute, lowering.Product("Gate", input!, Rows(0), transposed: true), input, () => Rows(hidden));
    }
}
