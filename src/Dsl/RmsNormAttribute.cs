namespace ModelDsl;

/// <summary>
/// Root-mean-square normalisation of each row: <c>x · rsqrt(mean(x²) + epsilon) · Weight</c>, [rows, width] to [rows, width], with
/// <c>Weight</c> [width] starting at 1. The property's type is <c>Norm</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
[DeclaresLayer("Norm")]
public sealed class RmsNormAttribute : Attribute
{
    /// <summary>Added to the mean of squares. Default: 1e-5.</summary>
    public double Epsilon { get; set; } = 1e-5;
}
