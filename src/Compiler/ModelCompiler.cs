using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.Compiler;

/// <summary>The pipeline: declaration, checks, graph, differentiation, fusion, planning, emission.</summary>
internal static class ModelCompiler
{
    /// <summary>Compiles a model. Pure: equal declarations give equal results.</summary>
    public static CompilationResult Compile(ModelDeclaration model, CancellationToken cancellation)
    {
        EquatableArray<ModelError> errors = Validate(model);
        cancellation.ThrowIfCancellationRequested();
        return new CompilationResult(default, default, errors);
    }

    /// <summary>The broken rules of a declaration, in order of declaration.</summary>
    public static EquatableArray<ModelError> Validate(ModelDeclaration model) => default;
}
