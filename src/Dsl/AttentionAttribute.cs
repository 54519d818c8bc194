namespace ModelDsl;

/// <summary>
/// Scaled dot-product attention, [batch, time, width] to [batch, time, width]: <c>softmax(q · kᵀ / √HeadWidth) · v</c> for each head, then the output product.
/// The property's type is <c>Attention</c>.
/// </summary>
/// <remarks>
/// Query head h reads key/value head <c>h / (Heads / KeyValueHeads)</c>: as many as heads is multi-head attention, fewer grouped-query, one multi-query.
/// Parameters, in checkpoint layout [out, in]: <c>Query.Weight</c> [Heads·HeadWidth, width], <c>Key.Weight</c> and <c>Value.Weight</c>
/// [KeyValueHeads·HeadWidth, width], <c>Output.Weight</c> [width, Heads·HeadWidth], their biases [out], <c>QueryNorm.Weight</c> and <c>KeyNorm.Weight</c> [HeadWidth].
/// </remarks>
[AttributeUsage(AttributeTargets.Property)]
[DeclaresLayer("Attention", IsSublayer = true)]
public sealed class AttentionAttribute : Attribute
{
    /// <summary>Number of query heads. Default: width / <see cref="HeadWidth"/>; one of the two is required.</summary>
    public int Heads { get; set; }

    /// <summary>Number of key/value heads; divides <see cref="Heads"/>. Default: <see cref="Heads"/>.</summary>
    public int KeyValueHeads { get; set; }

    /// <summary>Elements of a head's query, key and value. Default: width / <see cref="Heads"/>.</summary>
    public int HeadWidth { get; set; }

    /// <summary>
    /// Whether queries and keys are rotated by their position (RoPE), element i paired with element i + RotaryWidth / 2. Default: false.
    /// </summary>
    public bool Rotary { get; set; }

    /// <summary>Base of the rotary angles: pair i turns by <c>position · theta^(-2i / RotaryWidth)</c>. Default: 10000.</summary>
    public double RotaryTheta { get; set; } = 10000;

    /// <summary>Leading elements of a head that are rotated; even. Default: <see cref="HeadWidth"/>.</summary>
    public int RotaryWidth { get; set; }

    /// <summary>Whether a position sees only itself and earlier ones. Default: true.</summary>
    public bool Causal { get; set; } = true;

    /// <summary>Number of positions a position sees, itself included (sliding window). Default: all.</summary>
    public int Window { get; set; }

    /// <summary>Whether each head's query and key are RMS-normalised over the head's width, before rotation. Default: false.</summary>
    public bool QueryKeyNorm { get; set; }

    /// <summary>Whether all four products add a bias. Default: false.</summary>
    public bool Bias { get; set; }

    /// <summary>Whether the query, key and value products add a bias. Default: <see cref="Bias"/>.</summary>
    public bool QueryKeyValueBias { get; set; }

    /// <summary>Whether the output product adds a bias. Default: <see cref="Bias"/>.</summary>
    public bool OutputBias { get; set; }

    /// <summary>Bounds scores smoothly: <c>cap · tanh(score / cap)</c>. Default: 0, no cap.</summary>
    public double SoftCap { get; set; }
}
