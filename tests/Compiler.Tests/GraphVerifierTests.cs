using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Expressions;
using ModelDsl.Compiler.Graph.Operations;
using ModelDsl.Compiler.Tests.Oracle;

namespace ModelDsl.Compiler.Tests;

/// <summary>Each way to damage a graph is refused, with the stage and what is wrong.</summary>
public class GraphVerifierTests
{
    private static readonly Lazy<ModelDeclaration> Model = new(() => ModelOracle.Read([new RandomModel("Damage.Whole", """
        using ModelDsl;

        namespace Damage;

        [Block]
        public sealed partial class Inner
        {
            [PreNorm, Residual, Ffn(Hidden = 6, Bias = true)] public partial Ffn Ffn { get; }
        }

        [Block]
        public sealed partial class Outer
        {
            [Repeat(3)] public partial BlockStack<Inner> Inners { get; }
            [PreNorm(NormKind.LayerNorm), Residual, Attention(Heads = 2, Rotary = true)] public partial Attention Attention { get; }
        }

        [Model(Width = 4, Context = 8)]
        public sealed partial class Whole
        {
            [Repeat(2)] public partial BlockStack<Outer> Outers { get; }
            [Repeat(3)] public partial BlockStack<Inner> Inners { get; }
            [RmsNorm] public partial Norm Norm { get; }
        }
        """, 8)])["Damage.Whole"]);

    /// <summary>What is done to the graph, and what the refusal says.</summary>
    private static readonly Dictionary<string, (Action<ModelGraph> Damage, string Says)> Damages = new()
    {
        ["a loop is missing"] = (graph => graph.Root.Items.RemoveAt(0), "before it is computed"),
        ["a loop runs twice"] = (graph => graph.Root.Items.Add(graph.Root.Items[0]), "not where it was made"),
        ["a node runs twice"] = (graph => graph.Root.Items.Add(Nodes(graph.Root)[0]), "defined twice"),
        ["a node is too early"] = (graph => Body(graph, 0).Items.Reverse(), "before it is computed"),
        ["a value of a body is used after its loop"] = (graph => Add(graph, graph.Root, Identity, Body(graph, 0).Loop!.Carries[0].Input), "does not see"),
        ["a value of another loop's body is used"] = (graph => Add(graph, Loops(graph.Root)[1].Body, Identity, Body(graph, 0).Loop!.Carries[0].Input), "does not see"),
        ["a forward value is used by a loop that does not mirror it"] = (graph => Add(graph, Loops(graph.Root)[2].Body, Identity, Body(graph, 0).Loop!.Carries[0].Input), "does not see"),
        ["a loop starts with a value of a body"] = (graph => Start(Loops(graph.Root)[1], Body(graph, 0).Loop!.Carries[0].Input), "does not see"),
        ["a loop starts with a later value"] = (graph => Start(Loops(graph.Root)[0], Nodes(graph.Root)[^1].Output), "before it is computed"),
        ["a loop hands on a value of the root"] = (graph => Body(graph, 0).Loop!.Carries[0].Output = graph.Inputs[Role.ModuleInput], "its body does not compute"),
        ["a loop hands on a value of another shape"] = (graph => Body(graph, 0).Loop!.Carries[0].Output = Nodes(Body(graph, 0)).SelectMany(node => node.Outputs).First(value => value.Shape.Columns == 1), "changes the shape"),
        ["a loop carries nothing"] = (graph => Loops(graph.Root)[1].Carries.Clear(), "carries 0"),
        ["a loop mirrors one that is not there"] = (graph => Replace(graph, Loops(graph.Root)[2], new Loop(graph.Root, "Wrong", 3, new Loop(graph.Root, "Nowhere", 3, null))), "mirrors no loop"),
        ["a loop mirrors a loop of a body it does not mirror"] = (graph => Replace(graph, Loops(graph.Root)[2], new Loop(graph.Root, "Wrong", 3, Loops(Body(graph, 0))[0])), "mirrors no loop"),
        ["a loop mirrors one of more iterations"] = (graph => Replace(graph, Loops(graph.Root)[2], new Loop(graph.Root, "Wrong", 4, Loops(graph.Root)[1])), "mirrors one of 3 iterations by 4"),
        ["an output has another shape"] = (graph => Add(graph, graph.Root, new Reduce(Axis.Columns), graph.Inputs[Role.ModuleInput]).Outputs = [Made(graph, Shape.Activation(4))], "but its outputs are"),
        ["an output has another producer"] = (graph => Add(graph, graph.Root, Identity, graph.Inputs[Role.ModuleInput]).Output.Producer = Nodes(graph.Root)[0], "another producer"),
        ["an output belongs to a body"] = (graph => Add(graph, graph.Root, Identity, graph.Inputs[Role.ModuleInput], Body(graph, 0)), "another kind or region"),
        ["a node has too few operands"] = (graph => Add(graph, graph.Root, new Contract(false, true), graph.Inputs[Role.ModuleInput]), "does not take its operands"),
        ["a formula has too few operands"] = (graph => Add(graph, graph.Root, new Pointwise(new Argument(0) + new Argument(1)), graph.Inputs[Role.ModuleInput]), "has 1 operands"),
        ["a node's operands do not fit"] = (graph => Add(graph, graph.Root, new Contract(false, true), graph.Inputs[Role.ModuleInput], graph.Inputs[Role.ModuleInput]), "does not take its operands"),
        ["the output is missing"] = (graph => graph.Outputs.Remove(Role.ModuleOutput), "no output ModuleOutput"),
        ["the gradient of the input is missing"] = (graph => graph.Outputs.Remove(Role.ModuleInputGradient), "no output ModuleInputGradient"),
        ["the output is a value of a body"] = (graph => graph.Outputs[Role.ModuleOutput] = Body(graph, 0).Loop!.Carries[0].Input, "within a loop"),
        ["a gradient is missing"] = (graph => graph.ParameterGradients.RemoveAt(3), "has no gradient"),
        ["gradients are exchanged"] = (graph => Exchange(graph, (one, other) => one.Shape != other.Shape), "is ["),
        ["gradients of two stacks are exchanged"] = (graph => Exchange(graph, (one, other) => one.Shape == other.Shape && one.Region != other.Region), "has not the iterations"),
        ["a gradient of something else"] = (graph => graph.ParameterGradients.Add((graph.Inputs[Role.ModuleInput], Nodes(graph.Root)[0].Output)), "which is no parameter"),
        ["a gradient that nothing computes"] = (graph => graph.ParameterGradients[0] = (graph.ParameterGradients[0].Parameter, Made(graph, graph.ParameterGradients[0].Parameter.Shape)), "is never computed"),
        ["a parameter is not listed"] = (graph => graph.Parameters.RemoveAt(2), "before it is computed"),
        ["a parameter has another shape than what it stacks"] = (graph => graph.Parameters.Add(Made(graph, Shape.Matrix(1, 1), ValueKind.Parameter, graph.Parameters[0].Parameters)), "is not what it stacks"),
        ["a parameter is not used"] = (graph => graph.Parameters.Add(Made(graph, graph.Parameters[0].Shape, ValueKind.Parameter, graph.Parameters[0].Parameters)), "is not used"),
    };

    public static TheoryData<string> Names => [.. Damages.Keys];

    private static Pointwise Identity => new(new Argument(0));

    [Theory]
    [MemberData(nameof(Names))]
    public void ADamagedGraphIsRefused(string damage)
    {
        ModelGraph graph = CompiledProgram.BuildGraph(Model.Value, ProgramKind.Module);
        GraphVerifier.Verify(graph, "building");
        Damages[damage].Damage(graph);
        CompilerException refusal = Assert.Throws<CompilerException>(() => GraphVerifier.Verify(graph, "a test"));
        Assert.StartsWith("after a test: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(Damages[damage].Says, refusal.Message, StringComparison.Ordinal);
    }

    private static Loop[] Loops(Region region) => [.. region.Items.OfType<Loop>()];

    private static Node[] Nodes(Region region) => [.. region.Items.OfType<Node>()];

    private static Region Body(ModelGraph graph, int loop) => Loops(graph.Root)[loop].Body;

    /// <summary>Adds a node that a builder would refuse.</summary>
    private static Node Add(ModelGraph graph, Region region, Operation operation, params Value[] inputs) => Add(graph, region, operation, inputs, region);

    private static Node Add(ModelGraph graph, Region region, Operation operation, Value input, Region of) => Add(graph, region, operation, [input], of);

    private static Node Add(ModelGraph graph, Region region, Operation operation, Value[] inputs, Region of)
    {
        Node node = new(operation, inputs, "Damage");
        Value output = graph.NewValue(ValueKind.Computed, inputs[0].Shape, "Damage", of);
        output.Producer = node;
        node.Outputs = [output];
        region.Items.Add(node);
        return node;
    }

    private static Value Made(ModelGraph graph, Shape shape, ValueKind kind = ValueKind.Computed, IReadOnlyList<ParameterDeclaration>? parameters = null)
    {
        Value value = graph.NewValue(kind, shape, "Damage", graph.Root);
        if (parameters is not null) value.Parameters = parameters;
        return value;
    }

    private static void Start(Loop loop, Value initial)
        => loop.Carries[0] = new Carry(initial, loop.Carries[0].Input, loop.Carries[0].Result) { Output = loop.Carries[0].Output };

    private static void Replace(ModelGraph graph, Loop loop, Loop by)
    {
        by.Carries.AddRange(loop.Carries);
        graph.Root.Items[graph.Root.Items.IndexOf(loop)] = by;
    }

    private static void Exchange(ModelGraph graph, Func<Value, Value, bool> fits)
    {
        List<(Value Parameter, Value Gradient)> all = graph.ParameterGradients;
        for (int i = 0; i < all.Count; i++)
        {
            int j = all.FindIndex(other => fits(all[i].Parameter, other.Parameter));
            if (j < 0) continue;
            (all[i], all[j]) = ((all[i].Parameter, all[j].Gradient), (all[j].Parameter, all[i].Gradient));
            return;
        }
    }
}
