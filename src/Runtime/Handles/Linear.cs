using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>A matrix product of a layer: <c>Weight · x + Bias</c>.</summary>
public readonly struct Linear
{
    private readonly LayerScope scope;

    /// <summary>Made by generated code.</summary>
    public Linear(LayerScope scope) => this.scope = scope;

    /// <summary>The path of properties, as in the names of parameters.</summary>
    public string Name => scope.Path;

    /// <summary>The matrix, [outputs, inputs].</summary>
    public Parameter Weight => scope.Parameter("Weight");

    /// <summary>The bias, [outputs]; null where there is none.</summary>
    public Parameter? Bias => scope.Optional("Bias");

    /// <inheritdoc/>
    public override string ToString() => Name;
}
