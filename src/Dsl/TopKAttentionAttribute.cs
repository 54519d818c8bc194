namespace ModelDsl;

/// <summary>
/// Attention of each position to about <see cref="TopK"/> of those it sees: the ones whose score exceeds a threshold estimated from mean and standard deviation of its scores
/// (statistical top-k, Spark Transformer, arXiv 2506.06644). The property's type is <c>Attention</c>.
/// </summary>
/// <remarks>
/// Of n scores those above <c>mean + deviation · Q(1 - TopK / n)</c>, Q the quantile of the normal distribution; all where n is at most TopK, the largest where none is above. The threshold
/// has no gradient: it only says which scores enter the softmax. Parameters as of <c>[Attention]</c>.
/// </remarks>
[AttributeUsage(AttributeTargets.Property)]
[DeclaresLayer("Attention", IsSublayer = true)]
public sealed class TopKAttentionAttribute : AttentionOptionsAttribute
{
    /// <summary>About how many positions each attends to; at least 1. Required.</summary>
    public int TopK { get; set; }

    /// <summary>The standard deviation in the threshold. Default: of a sample.</summary>
    public Deviation Deviation { get; set; }
}
