using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>A normalisation of a model: <c>[RmsNorm]</c>, <c>[LayerNorm]</c>, or the norm before or after a layer.</summary>
public readonly struct Norm
{
    private readonly LayerScope scope;

    /// <summary>Made by generated code.</summary>
    public Norm(LayerScope scope) => this.scope = scope;

    /// <summary>The path of properties, as in the names of parameters.</summary>
    public string Name => scope.Path;

    /// <summary>The scale, [width].</summary>
    public Parameter Weight => scope.Parameter("Weight");

    /// <summary>The bias, [width]; null where there is none.</summary>
    public Parameter? Bias => scope.Optional("Bias");

    // A norm that a layer may have: its weight tells whether it does.
    internal static Norm? Optional(LayerScope layer, string name) => layer.Child(name) is var place && place.Has("Weight") ? new Norm(place) : null;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
