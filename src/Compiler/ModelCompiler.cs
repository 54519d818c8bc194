using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Compiler.Emission;

namespace ModelDsl.Compiler;

/// <summary>The pipeline: declaration, checks, graph, differentiation, fusion, planning, emission.</summary>
internal static class ModelCompiler
{
    /// <summary>Compiles a model. Pure: equal declarations give equal results.</summary>
    public static CompilationResult Compile(ModelDeclaration model, CancellationToken cancellation)
    {
        EquatableArray<ModelError> errors = Validate(model);
        cancellation.ThrowIfCancellationRequested();
        return new CompilationResult(SurfaceEmitter.Emit(model, errors), default, errors);
    }

    /// <summary>The broken rules of a declaration, in order of declaration.</summary>
    public static EquatableArray<ModelError> Validate(ModelDeclaration model) => DeclarationChecks.Check(model);

    /// <summary>Checks a block by itself and emits its part of the class.</summary>
    /// <param name="block">The block.</param>
    /// <param name="reachable">The blocks it reaches.</param>
    public static CompilationResult Compile(BlockDeclaration block, EquatableArray<BlockDeclaration> reachable)
    {
        EquatableArray<ModelError> errors = DeclarationChecks.Check(block, reachable);
        return new CompilationResult(SurfaceEmitter.Emit(block, errors), default, errors);
    }
}
