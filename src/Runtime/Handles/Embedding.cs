using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>A token embedding of a model: <c>[Embedding]</c>.</summary>
public readonly struct Embedding
{
    private readonly LayerScope scope;

    /// <summary>Made by generated code.</summary>
    public Embedding(LayerScope scope) => this.scope = scope;

    /// <summary>The path of properties, as in the names of parameters.</summary>
    public string Name => scope.Path;

    /// <summary>The vectors of token ids, [vocabulary, width].</summary>
    public Parameter Weight => scope.Parameter("Weight");

    /// <summary>The vectors of positions, [context, width]; null where positions are not learned.</summary>
    public Parameter? Positions => scope.Optional("Positions");

    /// <inheritdoc/>
    public override string ToString() => Name;
}
