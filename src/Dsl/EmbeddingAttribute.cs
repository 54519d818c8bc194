namespace ModelDsl;

/// <summary>
/// Token embedding: ids [batch, time] to [batch, time, width], row <c>id</c> of <c>Weight</c> [vocabulary, width], plus row <c>position</c> of
/// <c>Positions</c> [context, width] where positions are learned. The first layer of a language model. The property's type is <c>Embedding</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
[DeclaresLayer("Embedding", IsModelOnly = true)]
public sealed class EmbeddingAttribute : Attribute
{
    /// <summary>Number of token ids. Required.</summary>
    public int Vocabulary { get; set; }

    /// <summary>Whether a learned vector is added for each position below the model's context (GPT-2). Default: false.</summary>
    public bool LearnedPositions { get; set; }
}
