namespace ModelDsl.Compiler.Graph;

/// <summary>Who uses each value of a graph.</summary>
internal sealed class Uses
{
    private readonly Dictionary<Value, List<Node>> nodes = [];
    private readonly Dictionary<Node, Region> regions = [];
    private readonly HashSet<Value> kept = [];

    public Uses(ModelGraph graph)
    {
        Visit(graph.Root);
        foreach (Value output in graph.Outputs.Values) kept.Add(output);
        foreach ((_, Value gradient) in graph.ParameterGradients) kept.Add(gradient);
    }

    /// <summary>The nodes that read a value, each once, in order.</summary>
    public IReadOnlyList<Node> Of(Value value) => nodes.TryGetValue(value, out List<Node>? users) ? users : [];

    /// <summary>Whether a value is read by something other than a node: an output, a gradient, or handed on by a loop.</summary>
    public bool IsKept(Value value) => kept.Contains(value);

    public Region RegionOf(Node node) => regions[node];

    private void Visit(Region region)
    {
        foreach (Item item in region.Items)
        {
            if (item is Loop loop)
            {
                foreach (Carry carry in loop.Carries)
                {
                    kept.Add(carry.Initial);
                    kept.Add(carry.Output);
                }

                Visit(loop.Body);
                continue;
            }

            Node node = (Node)item;
            regions[node] = region;
            foreach (Value input in node.Inputs)
            {
                if (!nodes.TryGetValue(input, out List<Node>? users)) nodes[input] = users = [];
                if (!users.Contains(node)) users.Add(node);
            }
        }
    }
}
