namespace ModelDsl.Compiler.Graph;

/// <summary>
/// Checks what every stage relies on: values are defined once, before they are used, where their users can see them; shapes are those the operations infer; loops hand on what they
/// carry; gradients have their parameter's shape. Tests run it between stages.
/// </summary>
internal sealed class GraphVerifier
{
    private readonly ModelGraph graph;
    private readonly string stage;
    private readonly HashSet<Value> defined = [];

    private GraphVerifier(ModelGraph graph, string stage)
    {
        this.graph = graph;
        this.stage = stage;
    }

    /// <summary>Throws a <see cref="CompilerException"/> that names the stage and what is broken.</summary>
    public static void Verify(ModelGraph graph, string stage) => new GraphVerifier(graph, stage).Run();

    private void Run()
    {
        foreach (Value input in graph.Inputs.Values) Define(input, graph.Root, "an input");
        foreach (Value parameter in graph.Parameters) Define(parameter, parameter.Region, "a parameter");
        Visit(graph.Root);
        foreach (KeyValuePair<Role, Value> output in graph.Outputs) Require(defined.Contains(output.Value), $"output {output.Key} is never computed");
        foreach ((Value parameter, Value gradient) in graph.ParameterGradients)
        {
            Require(graph.Parameters.Contains(parameter), $"a gradient of {parameter.Name}, which is no parameter");
            Require(defined.Contains(gradient), $"the gradient of {parameter.Name} is never computed");
            Require(gradient.Shape == parameter.Shape, $"the gradient of {parameter.Name} {parameter.Shape} is {gradient.Shape}");
        }
    }

    private void Visit(Region region)
    {
        foreach (Item item in region.Items)
        {
            if (item is Loop loop) Visit(loop, region);
            else Visit((Node)item, region);
        }
    }

    private void Visit(Node node, Region region)
    {
        string name = $"{node.Operation.Describe()} of '{node.Origin}'";
        foreach (Value input in node.Inputs)
        {
            Require(defined.Contains(input), $"{name} uses {input} before it is computed");
            Require(region.Sees(input.Region), $"{name} uses {input} of a region it does not see");
        }

        IReadOnlyList<Shape> shapes = node.Operation.InferShapes([.. node.Inputs.Select(input => input.Shape)]);
        Require(shapes.SequenceEqual(node.Outputs.Select(output => output.Shape)), $"{name} gives {string.Join(", ", shapes)}, but its outputs are {string.Join(", ", node.Outputs.Select(output => output.Shape))}");
        foreach (Value output in node.Outputs)
        {
            Require(output.Producer == node, $"{output} of {name} names another producer");
            Define(output, region, name);
        }
    }

    private void Visit(Loop loop, Region region)
    {
        Require(loop.Count > 0 && loop.Carries.Count > 0, $"loop '{loop.Name}' runs {loop.Count} times and carries {loop.Carries.Count} values");
        Require(loop.Mirrors is null || loop.Mirrors.Count == loop.Count, $"loop '{loop.Name}' mirrors one of {loop.Mirrors?.Count} iterations");
        foreach (Carry carry in loop.Carries)
        {
            Require(defined.Contains(carry.Initial), $"loop '{loop.Name}' starts with {carry.Initial} before it is computed");
            Define(carry.Input, loop.Body, $"loop '{loop.Name}'");
        }

        Visit(loop.Body);
        foreach (Carry carry in loop.Carries)
        {
            Require(defined.Contains(carry.Output) && loop.Body.Sees(carry.Output.Region), $"loop '{loop.Name}' hands on {carry.Output}, which its body does not compute");
            Require(carry.Initial.Shape == carry.Input.Shape && carry.Output.Shape == carry.Input.Shape && carry.Result.Shape == carry.Input.Shape, $"loop '{loop.Name}' changes the shape of what it carries");
            Define(carry.Result, region, $"loop '{loop.Name}'");
        }
    }

    private void Define(Value value, Region region, string by)
    {
        Require(value.Region == region, $"{value} of {by} belongs to another region");
        Require(defined.Add(value), $"{value} is defined twice, again by {by}");
    }

    private void Require(bool condition, string problem)
    {
        if (!condition) throw new CompilerException($"after {stage}: {problem}");
    }
}
