using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Expressions;
using ModelDsl.Compiler.Graph.Operations;

namespace ModelDsl.Compiler.Fusion;

/// <summary>
/// Rule: products of one value with several weights (query, key and value; gate and up) are one product with the weights' rows stacked, biases likewise. The
/// weights keep their names; the planner lays them out one after the other. Runs on the forward graph, so that the backward comes out merged too.
/// </summary>
internal static class SiblingProducts
{
    public static ModelGraph Merge(ModelGraph graph) => new Rewriter(graph).Run();

    /// <summary>A product x·Wᵀ, with the addition of a bias where that is its only use.</summary>
    private sealed record Linear(Node Product, Node? Bias)
    {
        public Value Result => (Bias ?? Product).Output;

        public Value Weight => Product.Inputs[1];

        public Value? Shift => Bias?.Inputs[1];
    }

    private sealed class Rewriter(ModelGraph source)
    {
        private readonly GraphBuilder builder = new(new ModelGraph(source.Kind));
        private readonly Dictionary<Value, Value> map = [];
        private readonly Dictionary<Node, IReadOnlyList<Linear>> leaders = [];
        private readonly HashSet<Node> absorbed = [];
        private readonly Dictionary<Value, IReadOnlyList<Value>> groups = [];
        private readonly Uses uses = new(source);

        public ModelGraph Run()
        {
            foreach (KeyValuePair<Role, Value> input in source.Inputs) map[input.Value] = builder.Input(input.Key, input.Value.Shape);
            builder.Graph.Layers.AddRange(source.Layers);
            FindSiblings(source.Root);
            Copy(source.Root);
            foreach (KeyValuePair<Role, Value> output in source.Outputs) builder.Graph.Outputs[output.Key] = map[output.Value];
            return builder.Graph;
        }

        private void FindSiblings(Region region)
        {
            foreach (Loop loop in region.Items.OfType<Loop>()) FindSiblings(loop.Body);
            IEnumerable<Linear> linears = region.Items.OfType<Node>().Where(IsLinear).Select(node => new Linear(node, BiasOf(node)));
            foreach (IGrouping<(Value, bool), Linear> group in linears.GroupBy(linear => (linear.Product.Inputs[0], linear.Bias is null)))
            {
                Linear[] siblings = [.. group];
                if (siblings.Length < 2) continue;
                leaders[siblings[0].Product] = siblings;
                foreach (Linear sibling in siblings)
                {
                    absorbed.Add(sibling.Product);
                    if (sibling.Bias is not null) absorbed.Add(sibling.Bias);
                }

                groups[siblings[0].Weight] = [.. siblings.Select(sibling => sibling.Weight)];
                if (siblings[0].Shift is { } shift) groups[shift] = [.. siblings.Select(sibling => sibling.Shift!)];
            }
        }

        private bool IsLinear(Node node)
            => node.Operation is Contract { TransposeLeft: false, TransposeRight: true } && node.Inputs[1].Kind == ValueKind.Parameter && uses.Of(node.Inputs[1]).Count == 1
                && node.Inputs[1].Region == uses.RegionOf(node);

        private Node? BiasOf(Node product)
        {
            if (uses.Of(product.Output) is not [Node { Operation: Pointwise { Body: var body } } sum]) return null;
            bool isBias = body == new Argument(0) + new Argument(1) && sum.Inputs[0] == product.Output
                && sum.Inputs[1].Kind == ValueKind.Parameter && uses.Of(sum.Inputs[1]).Count == 1;
            return isBias ? sum : null;
        }

        private void Copy(Region region)
        {
            foreach (Item item in region.Items)
            {
                switch (item)
                {
                    case Loop loop:
                        Copy(loop);
                        break;
                    case Node node when leaders.TryGetValue(node, out IReadOnlyList<Linear>? siblings):
                        Merge(siblings);
                        break;
                    case Node node when !absorbed.Contains(node):
                        builder.Origin = node.Origin;
                        Node copy = builder.Copy(node, [.. node.Inputs.Select(Mapped)]);
                        for (int i = 0; i < node.Outputs.Count; i++) map[node.Outputs[i]] = copy.Outputs[i];
                        break;
                }
            }
        }

        private void Copy(Loop loop)
        {
            builder.Origin = loop.Name;
            IReadOnlyList<Value> results = builder.Repeat(loop.Name, loop.Count, null, [.. loop.Carries.Select(carry => map[carry.Initial])], inputs =>
            {
                for (int i = 0; i < inputs.Count; i++) map[loop.Carries[i].Input] = inputs[i];
                Copy(loop.Body);
                return [.. loop.Carries.Select(carry => map[carry.Output])];
            });
            for (int i = 0; i < results.Count; i++) map[loop.Carries[i].Result] = results[i];
        }

        /// <summary>The copy of a value. Parameters come into being where they are first used, so that they keep the order of their layers, inside stacks and around them.</summary>
        private Value Mapped(Value value)
        {
            if (map.TryGetValue(value, out Value? known)) return known;
            if (value.Kind != ValueKind.Parameter || value.Region.Depth != builder.Region.Depth) throw new CompilerException($"{value} ({value.Name}) is used before it is copied");
            IReadOnlyList<Value> members = groups.TryGetValue(value, out IReadOnlyList<Value>? group) ? group : [value];
            return map[value] = builder.Parameter([.. members.SelectMany(member => member.Parameters)]);
        }

        private void Merge(IReadOnlyList<Linear> siblings)
        {
            Linear first = siblings[0];
            string layer = first.Product.Origin.Substring(0, first.Product.Origin.LastIndexOf('.') + 1);
            builder.Origin = layer + string.Concat(siblings.Select(sibling => sibling.Product.Origin.Substring(layer.Length)));
            Value merged = builder.Add(first.Product.Operation, Mapped(first.Product.Inputs[0]), Mapped(first.Weight));
            if (first.Shift is { } shift) merged = builder.Pointwise(new Argument(0) + new Argument(1), merged, Mapped(shift));
            int start = 0;
            foreach (Linear sibling in siblings)
            {
                builder.Origin = sibling.Product.Origin;
                map[sibling.Result] = builder.Add(new Slice(start, sibling.Result.Shape.Columns), merged);
                start += sibling.Result.Shape.Columns;
            }
        }
    }
}
