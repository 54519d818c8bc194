namespace ModelDsl;

/// <summary>
/// Feed-forward layer: <c>Down · activation(Up · x)</c>, [rows, width] to [rows, width]. The property's type is <c>Ffn</c>.
/// </summary>
/// <remarks>Parameters, in checkpoint layout [out, in]: <c>Up.Weight</c> [hidden, width], <c>Down.Weight</c> [width, hidden], their biases [out].</remarks>
[AttributeUsage(AttributeTargets.Property)]
[DeclaresLayer("Ffn", IsSublayer = true)]
public sealed class FfnAttribute : Attribute
{
    /// <summary>Hidden width. This or <see cref="HiddenRatio"/> is required.</summary>
    public int Hidden { get; set; }

    /// <summary>Hidden width over the model's width; the product is rounded to the nearest whole number.</summary>
    public double HiddenRatio { get; set; }

    /// <summary>The activation. Default: <see cref="Activation.Gelu"/>.</summary>
    public Activation Activation { get; set; } = Activation.Gelu;

    /// <summary>Whether both products add a bias. Default: false.</summary>
    public bool Bias { get; set; }
}
