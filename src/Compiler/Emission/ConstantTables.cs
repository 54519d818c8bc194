using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Operations;

namespace ModelDsl.Compiler.Emission;

/// <summary>The tables of constants that a model's kernels read.</summary>
internal static class ConstantTables
{
    /// <summary>Every table of a graph once, in order of first use.</summary>
    public static IReadOnlyList<ConstantTable> Of(Region region) => [.. Visit(region).Distinct()];

    private static IEnumerable<ConstantTable> Visit(Region region)
        => region.Items.SelectMany(item => item is Loop loop ? Visit(loop.Body) : ((Node)item).Operation.Table is { } table ? [table] : []);
}
