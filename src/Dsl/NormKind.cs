namespace ModelDsl;

/// <summary>The normalisation of a row.</summary>
public enum NormKind
{
    /// <summary>Root mean square: <c>x · rsqrt(mean(x²) + epsilon) · weight</c>.</summary>
    RmsNorm,

    /// <summary>Layer normalisation: <c>(x - mean(x)) · rsqrt(variance(x) + epsilon) · weight + bias</c>, the variance over n, not n - 1.</summary>
    LayerNorm,
}
