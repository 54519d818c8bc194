namespace ModelDsl;

/// <summary>
/// Normalises what a layer writes, <c>norm(layer(x))</c>: with <c>[Residual]</c> the layer computes <c>norm(x + layer(x))</c>, as in the first transformer; where <c>[PreNorm]</c> stands too, <c>x + norm(layer(norm(x)))</c>;
/// <see cref="InsideResidual"/> decides otherwise.
/// Its parameters are <c>PostNorm.Weight</c> [width] and, for a layer norm, <c>PostNorm.Bias</c> [width], under the layer's path.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
[ModifiesLayer(NeedsSublayer = true)]
public sealed class PostNormAttribute : Attribute
{
    /// <summary>Root-mean-square normalisation.</summary>
    public PostNormAttribute()
    {
    }

    /// <summary>The given normalisation.</summary>
    public PostNormAttribute(NormKind kind) => Kind = kind;

    /// <summary>The normalisation. Default: <see cref="NormKind.RmsNorm"/>.</summary>
    public NormKind Kind { get; }

    /// <summary>Added to the mean of squares or to the variance. Default: 1e-5.</summary>
    public double Epsilon { get; set; } = 1e-5;

    /// <summary>Whether a bias is added; layer norm only. Default: true.</summary>
    public bool Bias { get; set; } = true;

    /// <summary>
    /// With <c>[Residual]</c>: whether the norm stands before the sum, <c>x + norm(layer(x))</c>, or after it, <c>norm(x + layer(x))</c>. Default: whether <c>[PreNorm]</c> stands too.
    /// </summary>
    public bool InsideResidual { get; set; }
}
