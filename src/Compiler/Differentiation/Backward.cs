using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Operations;

namespace ModelDsl.Compiler.Differentiation;

/// <summary>
/// Adds the backward of a graph's forward pass to it (reverse mode): walks the items from last to first, asks each operation for the gradients of its inputs, and
/// adds up where a value was used more than once. A loop becomes a loop that mirrors it.
/// </summary>
internal sealed class Backward
{
    private readonly Dictionary<Value, Value> gradients = [];
    private readonly Dictionary<Value, SortedDictionary<int, Value>> columns = [];

    private Backward(GraphBuilder builder) => Builder = builder;

    public GraphBuilder Builder { get; }

    /// <summary>Differentiates <paramref name="output"/> with upstream gradient <paramref name="seed"/>; the graph's outputs and parameter gradients are added to it.</summary>
    public static void Differentiate(GraphBuilder builder, Value output, Value seed)
    {
        ModelGraph graph = builder.Graph;
        graph.BackwardStart = graph.Root.Items.Count;
        builder.Suffix = "Gradient";
        Backward backward = new(builder);
        backward.gradients[output] = seed;
        backward.Walk([.. graph.Root.Items]);
        if (graph.Inputs.TryGetValue(Role.ModuleInput, out Value? input))
            graph.Outputs[Role.ModuleInputGradient] = backward.Gradient(input) ?? throw new CompilerException("the output does not depend on the input");
    }

    /// <summary>Whether anything comes of a value's gradient: not of a constant's, nor of what the caller hands in, a module's input excepted.</summary>
    public static bool TakesGradient(Value value)
        => value.Kind == ValueKind.Input ? value.Name == nameof(Role.ModuleInput) : value.Producer?.Operation is not ForwardOperation { IsConstant: true };

    /// <summary>Adds to the gradient of a value.</summary>
    public void Accumulate(Value value, Value gradient)
    {
        if (value.Shape != gradient.Shape) throw new CompilerException($"gradient {gradient.Shape} of {value} {value.Shape} ({value.Name})");
        if (value.Kind == ValueKind.Parameter) Builder.Graph.ParameterGradients.Add((value, gradient));
        else if (value.Kind == ValueKind.Input && value != ModuleInput) return;
        else gradients[value] = gradients.TryGetValue(value, out Value? known) ? Builder.Sum(known, gradient) : gradient;
    }

    /// <summary>Adds to the gradient of some columns of a value.</summary>
    public void AccumulateColumns(Value value, int start, Value gradient)
    {
        if (!columns.TryGetValue(value, out SortedDictionary<int, Value>? parts)) columns[value] = parts = [];
        parts[start] = parts.TryGetValue(start, out Value? known) ? Builder.Sum(known, gradient) : gradient;
    }

    private Value? ModuleInput => Builder.Graph.Inputs.TryGetValue(Role.ModuleInput, out Value? input) ? input : null;

    private void Walk(IReadOnlyList<Item> items)
    {
        for (int i = items.Count - 1; i >= 0; i--)
        {
            if (items[i] is Node node)
            {
                Builder.Origin = node.Origin;
                Value?[] upstream = node.Outputs.Select(Gradient).ToArray();
                if (upstream.All(gradient => gradient is null)) continue;
                if (node.Operation is not ForwardOperation operation) throw new CompilerException($"{node.Operation.Describe()} has no backward");
                operation.Differentiate(this, node, upstream);
            }
            else
            {
                Walk((Loop)items[i]);
            }
        }
    }

    private void Walk(Loop loop)
    {
        Value[] upstream = loop.Carries.Select(carry => Gradient(carry.Result) ?? throw new CompilerException($"nothing depends on loop '{loop.Name}'")).ToArray();
        Builder.Origin = loop.Name;
        IReadOnlyList<Value> results = Builder.Repeat(loop.Name, loop.Count, loop, upstream, inputs =>
        {
            for (int i = 0; i < inputs.Count; i++) gradients[loop.Carries[i].Output] = inputs[i];
            Walk([.. loop.Body.Items]);
            return loop.Carries.Select(carry => Gradient(carry.Input) ?? throw new CompilerException($"loop '{loop.Name}' ignores its input")).ToArray();
        });
        for (int i = 0; i < results.Count; i++) Accumulate(loop.Carries[i].Initial, results[i]);
    }

    private Value? Gradient(Value value)
    {
        if (columns.TryGetValue(value, out SortedDictionary<int, Value>? parts))
        {
            columns.Remove(value);
            int next = 0;
            foreach (KeyValuePair<int, Value> part in parts)
            {
                if (part.Key != next) throw new CompilerException($"columns {next}..{part.Key} of {value.Name} have no gradient");
                next += part.Value.Shape.Columns;
            }

            if (next != value.Shape.Columns) throw new CompilerException($"columns {next}..{value.Shape.Columns} of {value.Name} have no gradient");
            Accumulate(value, Builder.Add(new Concatenate(), [.. parts.Values]));
        }

        return gradients.TryGetValue(value, out Value? gradient) ? gradient : null;
    }
}
