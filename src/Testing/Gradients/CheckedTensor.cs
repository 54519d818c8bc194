namespace ModelDsl.Testing.Gradients;

/// <summary>Memory that a check perturbs: a parameter's or an input's.</summary>
internal delegate Span<float> SpanSource();

/// <summary>A tensor and what a backward pass says of it.</summary>
/// <param name="Name">The parameter's name, or <c>input</c>.</param>
/// <param name="Values">Where the function reads it from.</param>
/// <param name="Gradient">The gradient to be checked.</param>
internal sealed record CheckedTensor(string Name, SpanSource Values, float[] Gradient)
{
    public static IEnumerable<CheckedTensor> Of(ParameterCollection parameters)
        => parameters.Select(parameter => new CheckedTensor(parameter.Name, () => parameter.Values, parameter.Gradient.ToArray()));
}
