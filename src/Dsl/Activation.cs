namespace ModelDsl;

/// <summary>An activation function.</summary>
public enum Activation
{
    /// <summary>Gaussian error linear unit, exact: <c>x · ½ · (1 + erf(x / √2))</c>.</summary>
    Gelu,

    /// <summary>Its tanh approximation: <c>½ · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))</c>.</summary>
    GeluTanh,

    /// <summary>Rectified linear unit: <c>max(x, 0)</c>.</summary>
    Relu,

    /// <summary>Squared rectified linear unit: <c>max(x, 0)²</c>.</summary>
    SquaredRelu,

    /// <summary>Sigmoid linear unit (swish): <c>x / (1 + exp(-x))</c>.</summary>
    Silu,
}
