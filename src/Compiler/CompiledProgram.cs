using ModelDsl.Compiler.Declarations;
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

    public static CompiledProgram Compile(ModelDeclaration model, ProgramKind kind)
    {
        ModelGraph graph = BuildGraph(model, kind);
        CarryCopies.Insert(graph);
        FusedProgram fused = Fuser.Run(graph);
        return new CompiledProgram(graph, fused, MemoryPlan.Make(graph, fused.Kernels));
    }

    /// <summary>The graph before fusion: what the interpreter runs.</summary>
    public static ModelGraph BuildGraph(ModelDeclaration model, ProgramKind kind)
    {
        ModelGraph graph = SiblingProducts.Merge(Lowering.Run(model, kind));
        GraphBuilder builder = new(graph);
        if (kind == ProgramKind.Train) Backward.Differentiate(builder, graph.Outputs[Role.RowLosses], builder.Input(Role.LossScale, Shape.Scalar));
        if (kind == ProgramKind.Module)
        {
            Value output = graph.Outputs[Role.ModuleOutput];
            Backward.Differentiate(builder, output, builder.Input(Role.ModuleOutputGradient, output.Shape));
        }

        return graph;
    }
}
