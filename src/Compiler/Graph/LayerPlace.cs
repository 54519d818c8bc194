namespace ModelDsl.Compiler.Graph;

/// <summary>A declared layer, or a stack, as a place in a model: what costs are counted by.</summary>
/// <param name="Path">Its properties joined by dots, as nodes, buffers and parameters name it.</param>
/// <param name="Name">The same with <c>*</c> for the index of a repeated block: <c>Blocks.*.Attention</c>.</param>
/// <param name="Count">How many of it a model has.</param>
internal sealed record LayerPlace(string Path, string Name, long Count);
