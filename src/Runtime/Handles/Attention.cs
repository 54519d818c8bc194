using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>An attention layer of a model: <c>[Attention]</c>.</summary>
public readonly struct Attention
{
    private readonly LayerScope scope;

    /// <summary>Made by generated code.</summary>
    public Attention(LayerScope scope) => this.scope = scope;

    /// <summary>The path of properties, as in the names of parameters.</summary>
    public string Name => scope.Path;

    /// <summary>The norm of what the layer reads; null without <c>[PreNorm]</c>.</summary>
    public Norm? PreNorm => Norm.Optional(scope, "PreNorm");

    /// <summary>The norm after the layer; null without <c>[PostNorm]</c>.</summary>
    public Norm? PostNorm => Norm.Optional(scope, "PostNorm");

    /// <summary>The product that gives queries, [heads · head width, width].</summary>
    public Linear Query => new(scope.Child("Query"));

    /// <summary>The product that gives keys, [key/value heads · head width, width].</summary>
    public Linear Key => new(scope.Child("Key"));

    /// <summary>The product that gives values, [key/value heads · head width, width].</summary>
    public Linear Value => new(scope.Child("Value"));

    /// <summary>The product after the heads, [width, heads · head width].</summary>
    public Linear Output => new(scope.Child("Output"));

    /// <summary>The norm of queries, [head width]; null without <c>QueryKeyNorm</c>.</summary>
    public Norm? QueryNorm => Norm.Optional(scope, "QueryNorm");

    /// <summary>The norm of keys, [head width]; null without <c>QueryKeyNorm</c>.</summary>
    public Norm? KeyNorm => Norm.Optional(scope, "KeyNorm");

    /// <inheritdoc/>
    public override string ToString() => Name;
}
