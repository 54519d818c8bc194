using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Expressions;
using ModelDsl.Compiler.Graph.Operations;

namespace ModelDsl.Compiler.Planning;

/// <summary>
/// A loop's carried value lives in slots that the iterations walk through. What enters and what an iteration hands on are computed straight into a slot; where that is impossible
/// (another loop's slot, an input, a view, a value that others read too) a copy is added.
/// </summary>
internal static class CarryCopies
{
    public static void Insert(ModelGraph graph)
    {
        Uses uses = new(graph);
        Insert(graph, graph.Root, uses);
    }

    private static void Insert(ModelGraph graph, Region region, Uses uses)
    {
        for (int i = 0; i < region.Items.Count; i++)
        {
            if (region.Items[i] is not Loop loop) continue;
            for (int c = 0; c < loop.Carries.Count; c++)
            {
                Carry carry = loop.Carries[c];
                if (!OwnsMemory(carry.Initial) || uses.Of(carry.Initial).Count > 0)
                {
                    Value copy = Copy(graph, region, i++, carry.Initial);
                    loop.Carries[c] = carry = new Carry(copy, carry.Input, carry.Result) { Output = carry.Output };
                }

                if (!OwnsMemory(carry.Output) || loop.Carries.Take(c).Any(other => other.Output == carry.Output))
                    carry.Output = Copy(graph, loop.Body, loop.Body.Items.Count, carry.Output);
            }

            Insert(graph, loop.Body, uses);
        }
    }

    private static bool OwnsMemory(Value value) => value.Kind == ValueKind.Computed && value.Producer!.Operation.Residence == Residence.Own;

    private static Value Copy(ModelGraph graph, Region region, int position, Value value)
    {
        Node node = new(new Pointwise(new Argument(0)), [value], value.Producer?.Origin ?? value.Name);
        Value copy = graph.NewValue(ValueKind.Computed, value.Shape, value.Name, region);
        copy.Producer = node;
        node.Outputs = [copy];
        region.Items.Insert(position, node);
        if (region == graph.Root && position < graph.BackwardStart) graph.BackwardStart++;
        return copy;
    }
}
