namespace ModelDsl;

/// <summary>The options that all kinds of attention share.</summary>
[AttributeUsage(AttributeTargets.Property)]
public abstract class AttentionOptionsAttribute : Attribute
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

    /// <summary>
    /// Leading elements of a head that are rotated; even. Default: <see cref="HeadWidth"/>. Of <c>[SparkAttention]</c> those of each of the two pieces; default: the whole pieces.
    /// </summary>
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
