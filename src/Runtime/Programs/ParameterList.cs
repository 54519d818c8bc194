namespace ModelDsl.Programs;

/// <summary>Collects the parameters of a plan: generated code adds those of stacked blocks in a loop.</summary>
public sealed class ParameterList
{
    private readonly List<ParameterInfo> parameters = [];

    /// <summary>Adds a parameter.</summary>
    public void Add(string name, long offset, InitializerKind start, float value, bool decay, params ReadOnlySpan<int> shape)
        => parameters.Add(new ParameterInfo(name, shape.ToArray(), offset, new Initializer(start, value), decay));

    /// <summary>The parameters in the order they were added.</summary>
    public ParameterInfo[] ToArray() => [.. parameters];
}
