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
        if (errors.Count > 0) return new CompilationResult(default, default, errors);
        List<CompiledProgram> programs = [];
        foreach (ProgramKind kind in Programs(model))
        {
            cancellation.ThrowIfCancellationRequested();
            programs.Add(CompiledProgram.Compile(model, kind));
        }

        cancellation.ThrowIfCancellationRequested();
        return new CompilationResult(default, ModelWriter.Write(model, programs).ToEquatableArray(), default);
    }

    /// <summary>The broken rules of a declaration, in order of declaration.</summary>
    public static EquatableArray<ModelError> Validate(ModelDeclaration model) => default;

    /// <summary>The programs a model has: without an embedding or a head it is a module only.</summary>
    public static IReadOnlyList<ProgramKind> Programs(ModelDeclaration model)
        => model.Members.Any(member => member.Find("Embedding") is not null) && model.Members.Any(member => member.Find("LanguageHead") is not null)
            ? [ProgramKind.Module, ProgramKind.Train, ProgramKind.Evaluate, ProgramKind.Prefill]
            : [ProgramKind.Module];
}
