using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>A feed-forward layer of a model: <c>[Ffn]</c> or <c>[GatedFfn]</c>.</summary>
public readonly struct Ffn
{
    private readonly LayerScope scope;

    /// <summary>Made by generated code.</summary>
    public Ffn(LayerScope scope) => this.scope = scope;

    /// <summary>The path of properties, as in the names of parameters.</summary>
    public string Name => scope.Path;

    /// <summary>The norm of what the layer reads; null without <c>[PreNorm]</c>.</summary>
    public Norm? PreNorm => Norm.Optional(scope, "PreNorm");

    /// <summary>The norm after the layer; null without <c>[PostNorm]</c>.</summary>
    public Norm? PostNorm => Norm.Optional(scope, "PostNorm");

    /// <summary>The product that gives the gate, [hidden, width]; null where the layer is not gated.</summary>
    public Linear? Gate => scope.Child("Gate") is var place && place.Has("Weight") ? new Linear(place) : null;

    /// <summary>The product into the hidden width, [hidden, width].</summary>
    public Linear Up => new(scope.Child("Up"));

    /// <summary>The product out of the hidden width, [width, hidden].</summary>
    public Linear Down => new(scope.Child("Down"));

    /// <inheritdoc/>
    public override string ToString() => Name;
}
