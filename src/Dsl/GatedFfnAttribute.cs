namespace ModelDsl;

/// <summary>
/// Gated feed-forward layer: <c>Down · (activation(Gate · x) ⊙ (Up · x))</c>, [rows, width] to [rows, width]; with <see cref="Activation.Silu"/> SwiGLU, with GELU GEGLU.
/// The property's type is <c>Ffn</c>.
/// </summary>
/// <remarks>
/// Parameters, in checkpoint layout [out, in]: <c>Gate.Weight</c> and <c>Up.Weight</c> [hidden, width], <c>Down.Weight</c> [width, hidden], their biases [out].
/// </remarks>
[AttributeUsage(AttributeTargets.Property)]
[DeclaresLayer("Ffn", IsSublayer = true)]
public sealed class GatedFfnAttribute : Attribute
{
    /// <summary>Hidden width. This or <see cref="HiddenRatio"/> is required.</summary>
    public int Hidden { get; set; }

    /// <summary>Hidden width over the model's width; the product is rounded to the nearest whole number.</summary>
    public double HiddenRatio { get; set; }

    /// <summary>The activation of the gate. Default: <see cref="Activation.Silu"/>.</summary>
    public Activation Activation { get; set; } = Activation.Silu;

    /// <summary>Whether the three products add a bias. Default: false.</summary>
    public bool Bias { get; set; }
}
