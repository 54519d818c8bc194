using ModelDsl.Compiler.Graph;

namespace ModelDsl.Compiler.Planning;

/// <summary>What a program costs.</summary>
internal static class Costs
{
    /// <summary>Multiply-adds counted as two, for each position of the forward pass.</summary>
    public static long FlopsPerRow(ModelGraph graph, int context)
        => Flops(graph.BackwardStart < 0 ? graph.Root.Items : graph.Root.Items.Take(graph.BackwardStart), context);

    private static long Flops(IEnumerable<Item> items, int context) => items.Sum(item => item switch
    {
        Node node => node.Operation.Flops([.. node.Inputs.Select(input => input.Shape)], context),
        Loop loop => loop.Count * Flops(loop.Body.Items, context),
        _ => 0L,
    });
}
