namespace ModelDsl;

/// <summary>
/// Layer normalisation of each row: <c>(x - mean(x)) · rsqrt(variance(x) + epsilon) · Weight + Bias</c>, [rows, width] to [rows, width], with
/// <c>Weight</c> [width] starting at 1 and <c>Bias</c> [width] at 0. The property's type is <c>Norm</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
[DeclaresLayer("Norm")]
public sealed class LayerNormAttribute : Attribute
{
    /// <summary>Added to the variance. Default: 1e-5.</summary>
    public double Epsilon { get; set; } = 1e-5;

    /// <summary>Whether a bias is added. Default: true.</summary>
    public bool Bias { get; set; } = true;
}
