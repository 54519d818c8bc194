namespace ModelDsl;

/// <summary>
/// Feed-forward layer that selects its neurons from a part of its input (Spark Transformer, 2025), [rows, width] to [rows, width]:
/// <c>Downᵀ · (activation(topk(Predictor · x₁)) ⊙ (Up · x₂))</c>, where x₁ is the first <see cref="PredictorWidth"/> columns of the input and x₂ the others.
/// It has the parameters of an ungated layer of that hidden width; decoding reads the rows of Up and Down of selected neurons only, up to 16 tokens at a time; more are computed densely. The property's type is <c>Ffn</c>.
/// </summary>
/// <remarks>
/// Parameters, a row a neuron: <c>Predictor.Weight</c> [hidden, predictor width], <c>Up.Weight</c> [hidden, width - predictor width], <c>Down.Weight</c> [hidden, width].
/// </remarks>
[AttributeUsage(AttributeTargets.Property)]
[DeclaresLayer("Ffn", IsSublayer = true)]
public sealed class SparkFfnAttribute : Attribute
{
    /// <summary>Hidden width: the number of neurons, at least 2. This or <see cref="HiddenRatio"/> is required.</summary>
    public int Hidden { get; set; }

    /// <summary>Hidden width over the model's width; the product is rounded to the nearest whole number.</summary>
    public double HiddenRatio { get; set; }

    /// <summary>How many neurons a position is to select, from 1 to one less than there are. This or <see cref="ActiveFraction"/> is required.</summary>
    public int Active { get; set; }

    /// <summary>The share of the neurons that a position is to select; times their number it is rounded to the nearest whole number.</summary>
    public double ActiveFraction { get; set; }

    /// <summary>Leading columns of the input that select neurons, from 1 to one less than the width. Default: half of the width.</summary>
    public int PredictorWidth { get; set; }

    /// <summary>The activation of what is selected. Default: <see cref="Activation.GeluTanh"/>.</summary>
    public Activation Activation { get; set; } = Activation.GeluTanh;

    /// <summary>How neurons are selected. Default: <see cref="TopKSelection.Statistical"/>.</summary>
    public TopKSelection Selection { get; set; }

    /// <summary>The standard deviation of a statistical selection. Default: <see cref="Deviation.Sample"/>.</summary>
    public Deviation Deviation { get; set; }

    /// <summary>Whether gradients flow through the threshold of a statistical selection. Default: <see cref="ThresholdGradient.Attached"/>.</summary>
    public ThresholdGradient ThresholdGradient { get; set; }

    /// <summary>Width over which the kink at the threshold of a statistical selection is rounded: with h, an excess t below h becomes t² / 2h, one above it t - h / 2. Default: 0, none.</summary>
    public double Huber { get; set; }
}
