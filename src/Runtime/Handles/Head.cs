using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>The language head of a model: <c>[LanguageHead]</c>.</summary>
public readonly struct Head
{
    private readonly LayerScope scope;
    private readonly LayerScope weights;

    /// <summary>A head with a weight of its own; made by generated code.</summary>
    public Head(LayerScope scope) : this(scope, scope)
    {
    }

    /// <summary>A head that shares the weight of an embedding; made by generated code.</summary>
    public Head(LayerScope scope, LayerScope tiedTo)
    {
        this.scope = scope;
        weights = tiedTo;
    }

    /// <summary>The path of properties, as in the names of parameters.</summary>
    public string Name => scope.Path;

    /// <summary>The matrix, [vocabulary, width]: the embedding's where the head is tied.</summary>
    public Parameter Weight => weights.Parameter("Weight");

    /// <summary>The bias, [vocabulary]; null where there is none.</summary>
    public Parameter? Bias => scope.Optional("Bias");

    /// <inheritdoc/>
    public override string ToString() => Name;
}
