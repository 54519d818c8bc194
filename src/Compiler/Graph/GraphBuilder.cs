using ModelDsl.Compiler.Graph.Expressions;
using ModelDsl.Compiler.Graph.Operations;

namespace ModelDsl.Compiler.Graph;

/// <summary>Adds nodes to a graph, inferring shapes, at the place where it stands.</summary>
internal sealed class GraphBuilder(ModelGraph graph)
{
    private readonly Stack<Region> regions = new([graph.Root]);

    public ModelGraph Graph { get; } = graph;

    public Region Region => regions.Peek();

    /// <summary>Path of the layer being built: names and origins of what is added.</summary>
    public string Origin { get; set; } = "";

    /// <summary>What is added to the names of values: in a backward, that they are gradients.</summary>
    public string Suffix { get; set; } = "";

    public Value Input(Role role, Shape shape)
    {
        if (Graph.Inputs.TryGetValue(role, out Value? known)) return known;
        return Graph.Inputs[role] = Graph.NewValue(ValueKind.Input, shape, role.ToString(), Graph.Root);
    }

    public Value Parameter(params ParameterDeclaration[] declarations)
    {
        Shape shape = declarations[0].Shape.Count == 1
            ? Shape.Matrix(1, declarations.Sum(declared => declared.Columns))
            : Shape.Matrix(declarations.Sum(declared => declared.Rows), declarations[0].Columns);
        Value value = Graph.NewValue(ValueKind.Parameter, shape, Name(declarations), Region);
        value.Parameters = declarations;
        Graph.Parameters.Add(value);
        return value;
    }

    /// <summary>The path of a parameter; of several that one product stacks the path they share, the differing steps together: <c>Attention.QueryKeyValue.Weight</c>.</summary>
    private static string Name(ParameterDeclaration[] declarations)
    {
        IEnumerable<EquatableArray<PathStep>> paths = declarations.Select(declared => declared.Path.Steps);
        return string.Join(".", Enumerable.Range(0, declarations[0].Path.Steps.Count).Select(step => string.Concat(paths.Select(steps => steps[step].ToString()).Distinct())));
    }

    public Node Node(Operation operation, params Value[] inputs) => Named("", operation, inputs);

    private Node Named(string name, Operation operation, Value[] inputs)
    {
        foreach (Value input in inputs)
        {
            if (!Region.Sees(input.Region)) throw new CompilerException($"{operation.Describe()} in '{Origin}' uses {input} of a region it does not see");
        }

        IReadOnlyList<Shape> shapes = operation.InferShapes(inputs.Select(input => input.Shape).ToArray());
        Node node = new(operation, inputs, Origin);
        node.Outputs = shapes.Select((shape, i) =>
        {
            string role = (name.Length > 0 ? name : operation.OutputNames[i]) + Suffix;
            Value output = Graph.NewValue(ValueKind.Computed, shape, Name(role), Region);
            output.Producer = node;
            return output;
        }).ToArray();
        Region.Items.Add(node);
        return node;
    }

    /// <summary>The same node over other operands, its outputs named alike.</summary>
    public Node Copy(Node node, params Value[] inputs)
    {
        Node copy = Node(node.Operation, inputs);
        copy.Outputs = [.. copy.Outputs.Zip(node.Outputs, (output, source) => Renamed(output, source.Name, copy))];
        return copy;
    }

    public Value Add(Operation operation, params Value[] inputs) => Node(operation, inputs).Output;

    /// <summary>A pointwise operation; operands the formula does not use are dropped, and a formula that is just an operand adds nothing.</summary>
    public Value Pointwise(Expression body, params Value[] inputs) => Pointwise("", body, inputs);

    /// <summary>A pointwise operation whose result has a name of its own within the layer.</summary>
    public Value Pointwise(string name, Expression body, params Value[] inputs)
    {
        Shape full = Broadcasting.Join(inputs.Select(input => input.Shape).ToArray());
        if (body is Argument only && inputs[only.Index].Shape == full) return inputs[only.Index];
        List<Value> used = [];
        Expression compact = body.Substitute(index =>
        {
            int position = used.IndexOf(inputs[index]);
            if (position < 0)
            {
                position = used.Count;
                used.Add(inputs[index]);
            }

            return new Argument(position);
        });
        return Named(name, new Pointwise(compact), [.. used]).Output;
    }

    public Value Sum(Value left, Value right) => Pointwise(new Argument(0) + new Argument(1), left, right);

    /// <summary>Adds a loop that carries <paramref name="initial"/> through <paramref name="body"/>.</summary>
    public IReadOnlyList<Value> Repeat(string name, int count, Loop? mirrors, IReadOnlyList<Value> initial, Func<IReadOnlyList<Value>, IReadOnlyList<Value>> body)
    {
        Region outer = Region;
        Loop loop = new(outer, name, count, mirrors);
        string stream = Name(mirrors is null ? "Stream" : "StreamGradient");
        foreach (Value value in initial)
        {
            Value input = Graph.NewValue(ValueKind.Carry, value.Shape, stream, loop.Body);
            loop.Carries.Add(new Carry(value, input, Graph.NewValue(ValueKind.Result, value.Shape, stream, outer)));
        }

        regions.Push(loop.Body);
        IReadOnlyList<Value> outputs = body(loop.Carries.Select(carry => carry.Input).ToArray());
        regions.Pop();
        for (int i = 0; i < outputs.Count; i++)
        {
            if (outputs[i].Shape != initial[i].Shape) throw new CompilerException($"loop '{name}' turns {initial[i].Shape} into {outputs[i].Shape}");
            loop.Carries[i].Output = outputs[i];
        }

        outer.Items.Add(loop);
        return loop.Carries.Select(carry => carry.Result).ToArray();
    }

    private Value Renamed(Value value, string name, Node producer)
        => new(value.Id, value.Kind, value.Shape, name, value.Region) { Producer = producer };

    private string Name(string role) => Origin.Length == 0 ? role : role.Length == 0 ? Origin : Origin + "." + role;
}
