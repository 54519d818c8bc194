using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Compiler.Differentiation;
using ModelDsl.Compiler.Fusion;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Layers;
using ModelDsl.Compiler.Planning;

namespace ModelDsl.Compiler;

/// <summary>One program of a model after every stage but emission.</summary>
/// <param name="Graph">Forward and, where there is one, backward.</param>
/// <param name="Fused">Its kernels.</param>
/// <param name="Plan">Its memory.</param>
internal sealed record CompiledProgram(ModelGraph Graph, FusedProgram Fused, MemoryPlan Plan)
{
    public ProgramKind Kind => Graph.Kind;

    /// <summary>Runs every stage.</summary>
    /// <param name="model">A valid declaration.</param>
    /// <param name="kind">Which program.</param>
    /// <param name="observe">Sees the graph after each stage that changes it: tests verify it there.</param>
    public static CompiledProgram Compile(ModelDeclaration model, ProgramKind kind, Action<ModelGraph, string>? observe = null)
    {
        ModelGraph graph = BuildGraph(model, kind, observe);
        FusedProgram fused = StageException.Run("Fusion", () =>
        {
            CarryCopies.Insert(graph);
            observe?.Invoke(graph, nameof(CarryCopies));
            return Fuser.Run(graph);
        });
        return new CompiledProgram(graph, fused, StageException.Run("Planning", () => MemoryPlan.Make(graph, fused.Kernels)));
    }

    /// <summary>The graph before fusion: what the interpreter runs.</summary>
    public static ModelGraph BuildGraph(ModelDeclaration model, ProgramKind kind, Action<ModelGraph, string>? observe = null)
    {
        ModelGraph graph = StageException.Run("Graph", () =>
        {
            ModelGraph lowered = Lowering.Run(model, kind);
            observe?.Invoke(lowered, nameof(Lowering));
            return SiblingProducts.Merge(lowered);
        });
        observe?.Invoke(graph, nameof(SiblingProducts));
        StageException.Run("Differentiation", () => Differentiate(graph, kind));
        observe?.Invoke(graph, nameof(Differentiation));
        return graph;
    }

    private static void Differentiate(ModelGraph graph, ProgramKind kind)
    {
        GraphBuilder builder = new(graph);
        if (kind == ProgramKind.Train) Backward.Differentiate(builder, graph.Outputs[Role.RowLosses], builder.Input(Role.LossScale, Shape.Scalar));
        if (kind == ProgramKind.Module)
        {
            Value output = graph.Outputs[Role.ModuleOutput];
            Backward.Differentiate(builder, output, builder.Input(Role.ModuleOutputGradient, output.Shape));
        }
    }
}
