using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>A feed-forward layer of a model: <c>[Ffn]</c>, <c>[GatedFfn]</c>, <c>[SparkFfn]</c> or <c>[TopKFfn]</c>.</summary>
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

    /// <summary>The product that selects neurons, [hidden, predictor width]; null where the layer has none.</summary>
    public Linear? Predictor => scope.Child("Predictor") is var place && place.Has("Weight") ? new Linear(place) : null;

    /// <summary>The product into the hidden width, [hidden, width]; of a layer with a predictor [hidden, width - predictor width].</summary>
    public Linear Up => new(scope.Child("Up"));

    /// <summary>The product out of the hidden width, [width, hidden]; of a layer that selects neurons [hidden, width], a row a neuron.</summary>
    public Linear Down => new(scope.Child("Down"));

    /// <inheritdoc/>
    public override string ToString() => Name;
}
