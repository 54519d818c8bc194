namespace ModelDsl;

/// <summary>
/// Language head: [rows, width] to logits [rows, vocabulary], <c>Weight · x</c>, and in training the mean cross-entropy over counted targets.
/// The last layer of a language model. The property's type is <c>Head</c>.
/// </summary>
/// <remarks>Parameters: <c>Weight</c> [vocabulary, width] unless tied, <c>Bias</c> [vocabulary] where asked for.</remarks>
[AttributeUsage(AttributeTargets.Property)]
[DeclaresLayer("Head", IsModelOnly = true)]
public sealed class LanguageHeadAttribute : Attribute
{
    /// <summary>Name of the embedding whose weight the head shares: <c>nameof(Tokens)</c>. Default: a weight of its own.</summary>
    public string? TiedTo { get; set; }

    /// <summary>Number of token ids. Default: the embedding's.</summary>
    public int Vocabulary { get; set; }

    /// <summary>Whether a bias is added to the logits. Default: false.</summary>
    public bool Bias { get; set; }

    /// <summary>Bounds logits smoothly: <c>cap · tanh(logit / cap)</c>. Default: 0, no cap.</summary>
    public double SoftCap { get; set; }
}
