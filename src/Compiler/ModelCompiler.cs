using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Compiler.Emission;
using ModelDsl.Compiler.Graph;

namespace ModelDsl.Compiler;

/// <summary>The pipeline: declaration, checks, graph, differentiation, fusion, planning, emission.</summary>
internal static class ModelCompiler
{
    /// <summary>Compiles a model. Pure: equal declarations give equal results.</summary>
    public static CompilationResult Compile(ModelDeclaration model, CancellationToken cancellation)
    {
        EquatableArray<ModelError> errors = Validate(model);
        EquatableArray<GeneratedFile> surface = SurfaceEmitter.Emit(model, errors);
        if (errors.Count > 0) return new CompilationResult(surface, default, errors);
        List<CompiledProgram> programs = [];
        foreach (ProgramKind kind in Programs(model))
        {
            cancellation.ThrowIfCancellationRequested();
            programs.Add(CompiledProgram.Compile(model, kind));
        }

        cancellation.ThrowIfCancellationRequested();
        return new CompilationResult(surface, ModelWriter.Write(model, programs).Append(ProgramHook.Write(model, ModelWriter.ProgramNamespace + "." + ModelWriter.ProgramName(model))).ToEquatableArray(), default);
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

    /// <summary>The programs a model has: without an embedding or a head it is a module only.</summary>
    public static IReadOnlyList<ProgramKind> Programs(ModelDeclaration model) => ModelChecks.IsLanguageModel(model)
        ? [ProgramKind.Module, ProgramKind.Train, ProgramKind.Evaluate, ProgramKind.Prefill]
        : [ProgramKind.Module];
}
