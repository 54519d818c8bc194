using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.Compiler.Layers;

/// <summary>Where a layer is used while it is checked, and what is found.</summary>
internal sealed class LayerCheck(DeclarationTarget target, int width, int context, List<ModelError> errors)
{
    public int Width { get; } = width;

    public int Context { get; } = context;

    /// <summary>Reports a broken rule at an argument of the layer's attribute, or at the attribute.</summary>
    public void Report(string id, string? argument, params string[] values)
        => errors.Add(new ModelError(id, target with { Argument = argument }, values.ToEquatableArray()));
}
