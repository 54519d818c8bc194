namespace ModelDsl.Testing;

/// <summary>A model's parameters during a check; disposing puts the model's own values back.</summary>
internal sealed class BorrowedParameters : IDisposable
{
    private readonly ParameterCollection parameters;
    private readonly CheckOptions options;
    private readonly float[][] own;

    public BorrowedParameters(ParameterCollection parameters, CheckOptions options)
    {
        this.parameters = parameters;
        this.options = options;
        own = Copy();
        Draw(options.Seed);
    }

    /// <summary>Draws parameters where the options say so.</summary>
    public void Draw(int seed)
    {
        if (!options.RandomParameters) return;
        Random random = Draws.Stream(seed, Drawn.Parameters);
        Set(own);
        foreach (Parameter parameter in parameters)
        {
            bool matrix = parameter.Shape.Count > 1;
            double size = matrix ? 1 / Math.Sqrt(parameter.Shape[^1]) : 0.25;
            foreach (ref float value in parameter.Values) value = (float)((matrix ? 0 : value) + (size * Draws.Normal(random)));
        }
    }

    /// <summary>The values as they are now.</summary>
    public float[][] Copy() => [.. parameters.Select(parameter => parameter.Values.ToArray())];

    /// <summary>Sets all values.</summary>
    public void Set(float[][] values)
    {
        for (int i = 0; i < values.Length; i++) values[i].CopyTo(parameters[i].Values);
    }

    public void Dispose() => Set(own);
}
