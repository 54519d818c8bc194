using ModelDsl.Compiler.Graph.Operations;

namespace ModelDsl.Compiler.Graph;

/// <summary>
/// Checks what every stage relies on: values are defined once, before they are used, where their users can see them; shapes are those the operations infer; loops hand on what they
/// carry, and backward ones mirror a forward one; outputs are there; every parameter of a differentiated graph has gradients of its shape and iterations. Tests run it between stages.
/// </summary>
internal sealed class GraphVerifier
{
    private readonly ModelGraph graph;
    private readonly string stage;
    private readonly HashSet<Value> defined = [];
    private readonly HashSet<Value> used = [];
    private readonly HashSet<Loop> loops = [];

    private GraphVerifier(ModelGraph graph, string stage)
    {
        this.graph = graph;
        this.stage = stage;
    }

    /// <summary>Throws a <see cref="CompilerException"/> that names the stage and what is broken.</summary>
    public static void Verify(ModelGraph graph, string stage) => new GraphVerifier(graph, stage).Run();

    private void Run()
    {
        foreach (KeyValuePair<Role, Value> input in graph.Inputs) Define(input.Value, ValueKind.Input, graph.Root, $"input {input.Key}");
        foreach (Value parameter in graph.Parameters)
        {
            Define(parameter, ValueKind.Parameter, parameter.Region, $"parameter {parameter.Name}");
            Require(parameter.Parameters.Sum(declared => declared.Length) == (long)parameter.Shape.Rows.Factor * parameter.Shape.Columns, $"parameter {parameter.Name} {parameter.Shape} is not what it stacks");
        }

        Visit(graph.Root);
        foreach (Value parameter in graph.Parameters) Require(used.Contains(parameter), $"parameter {parameter.Name} is not used");
        foreach (Role role in Outputs()) Require(graph.Outputs.ContainsKey(role), $"there is no output {role}");
        foreach (KeyValuePair<Role, Value> output in graph.Outputs)
            Require(defined.Contains(output.Value) && output.Value.Region == graph.Root, $"output {output.Key} is never computed, or within a loop");
        VerifyGradients();
    }

    private bool IsDifferentiated => graph.BackwardStart >= 0;

    private IEnumerable<Role> Outputs()
    {
        yield return graph.Kind switch { ProgramKind.Module => Role.ModuleOutput, ProgramKind.Prefill => Role.Logits, _ => Role.RowLosses };
        if (IsDifferentiated && graph.Inputs.ContainsKey(Role.ModuleInput)) yield return Role.ModuleInputGradient;
    }

    private void VerifyGradients()
    {
        Require(graph.BackwardStart <= graph.Root.Items.Count, $"the backward starts at item {graph.BackwardStart} of {graph.Root.Items.Count}");
        HashSet<Value> found = [];
        foreach ((Value parameter, Value gradient) in graph.ParameterGradients)
        {
            Require(graph.Parameters.Contains(parameter), $"a gradient of {parameter.Name}, which is no parameter");
            Require(defined.Contains(gradient), $"the gradient of {parameter.Name} is never computed");
            Require(gradient.Shape == parameter.Shape, $"the gradient of {parameter.Name} {parameter.Shape} is {gradient.Shape}");
            Require(Backward(parameter.Region, gradient.Region), $"the gradient of {parameter.Name} has not the iterations of the parameter");
            found.Add(parameter);
        }

        if (!IsDifferentiated) return;
        foreach (Value parameter in graph.Parameters) Require(found.Contains(parameter), $"parameter {parameter.Name} has no gradient");
    }

    /// <summary>Whether a region runs once for each run of another: both are the root, or the one's loops mirror the other's.</summary>
    private static bool Backward(Region forward, Region backward)
        => forward.Loop is null ? backward.Loop is null : backward.Loop?.Mirrors == forward.Loop && Backward(forward.Parent!, backward.Parent!);

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
        foreach (Value input in node.Inputs) Use(input, region, name);
        IReadOnlyList<Shape> shapes = Infer(node, name);
        Require(shapes.SequenceEqual(node.Outputs.Select(output => output.Shape)), $"{name} gives {string.Join(", ", shapes)}, but its outputs are {string.Join(", ", node.Outputs.Select(output => output.Shape))}");
        foreach (Value output in node.Outputs)
        {
            Require(output.Producer == node, $"{output} of {name} names another producer");
            Define(output, ValueKind.Computed, region, name);
        }
    }

    private IReadOnlyList<Shape> Infer(Node node, string name)
    {
        if (node.Operation is Pointwise pointwise)
            Require(pointwise.Body.Arguments().All(index => index >= 0 && index < node.Inputs.Count), $"{name} has {node.Inputs.Count} operands");
        try
        {
            return node.Operation.InferShapes([.. node.Inputs.Select(input => input.Shape)]);
        }
        catch (Exception refusal) when (refusal is CompilerException or ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            throw new CompilerException($"after {stage}: {name} does not take its operands: {refusal.Message}");
        }
    }

    private void Visit(Loop loop, Region region)
    {
        string name = $"loop '{loop.Name}'";
        Require(loop.Body.Parent == region && loop.Body.Loop == loop && loops.Add(loop), $"{name} is not where it was made");
        Require(loop.Count > 0 && loop.Carries.Count > 0, $"{name} runs {loop.Count} times and carries {loop.Carries.Count} values");
        if (loop.Mirrors is { } forward)
        {
            Require(loops.Contains(forward) && !forward.Reversed && Backward(forward.Body, loop.Body), $"{name} mirrors no loop before it");
            Require(forward.Count == loop.Count, $"{name} mirrors one of {forward.Count} iterations by {loop.Count}");
        }

        foreach (Carry carry in loop.Carries)
        {
            Use(carry.Initial, region, name);
            Define(carry.Input, ValueKind.Carry, loop.Body, name);
        }

        Visit(loop.Body);
        foreach (Carry carry in loop.Carries)
        {
            Require(defined.Contains(carry.Output) && carry.Output.Region == loop.Body, $"{name} hands on {carry.Output}, which its body does not compute");
            Require(carry.Initial.Shape == carry.Input.Shape && carry.Output.Shape == carry.Input.Shape && carry.Result.Shape == carry.Input.Shape, $"{name} changes the shape of what it carries");
            Define(carry.Result, ValueKind.Result, region, name);
        }
    }

    private void Use(Value value, Region region, string by)
    {
        Require(defined.Contains(value), $"{by} uses {value} before it is computed");
        Require(region.Sees(value.Region), $"{by} uses {value} of a region it does not see");
        used.Add(value);
    }

    private void Define(Value value, ValueKind kind, Region region, string by)
    {
        Require(value.Kind == kind && value.Region == region, $"{value} of {by} is of another kind or region");
        Require(defined.Add(value), $"{value} is defined twice, again by {by}");
    }

    private void Require(bool condition, string problem)
    {
        if (!condition) throw new CompilerException($"after {stage}: {problem}");
    }
}
