namespace ModelDsl;

/// <summary>
/// Normalises what a layer reads, <c>layer(norm(x))</c>: with <c>[Residual]</c> the layer computes <c>x + layer(norm(x))</c>.
/// Its parameters are <c>PreNorm.Weight</c> [width] and, for a layer norm, <c>PreNorm.Bias</c> [width], under the layer's path.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
[ModifiesLayer(NeedsSublayer = true)]
public sealed class PreNormAttribute : Attribute
{
    /// <summary>Root-mean-square normalisation.</summary>
    public PreNormAttribute()
    {
    }

    /// <summary>The given normalisation.</summary>
    public PreNormAttribute(NormKind kind) => Kind = kind;

    /// <summary>The normalisation. Default: <see cref="NormKind.RmsNorm"/>.</summary>
    public NormKind Kind { get; }

    /// <summary>Added to the mean of squares or to the variance. Default: 1e-5.</summary>
    public double Epsilon { get; set; } = 1e-5;

    /// <summary>Whether a bias is added; layer norm only. Default: true.</summary>
    public bool Bias { get; set; } = true;
}
