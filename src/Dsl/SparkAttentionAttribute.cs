namespace ModelDsl;

/// <summary>
/// Attention whose first <see cref="PredictorWidth"/> elements of each head choose about <see cref="TopK"/> positions and whose others weight them (Spark Transformer, arXiv 2506.06644):
/// <c>Σ softmax(q₁ · k₁) · softplus(q₂ · k₂) · v</c> over the chosen, not normalised again. The property's type is <c>Attention</c>.
/// </summary>
/// <remarks>
/// q₁ and k₁ are the first r = PredictorWidth elements, their products scaled by <c>1/√r</c>; q₂ and k₂ the others, scaled by <c>1/√(HeadWidth - r)</c>. A position chooses as
/// <see cref="TopKAttentionAttribute"/> does, by the scores q₁ · k₁. A decoder reads k₂ and v of the chosen positions only where up to 8 queries share a key; more (a chunk of a prompt) are computed densely. Parameters as of <c>[Attention]</c>: the split is one of columns.
/// </remarks>
[AttributeUsage(AttributeTargets.Property)]
[DeclaresLayer("Attention", IsSublayer = true)]
public sealed class SparkAttentionAttribute : AttentionOptionsAttribute
{
    /// <summary>About how many positions each attends to; at least 1. Required.</summary>
    public int TopK { get; set; }

    /// <summary>Elements of a head's query and key that choose, from 1 to HeadWidth - 1. Default: half of them, rounded down.</summary>
    public int PredictorWidth { get; set; }

    /// <summary>The standard deviation in the threshold. Default: of a sample.</summary>
    public Deviation Deviation { get; set; }
}
