using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Compiler.Emission;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Planning;

namespace ModelDsl.Compiler;

/// <summary>The pipeline: declaration, checks, graph, differentiation, fusion, planning, emission. Pure: equal declarations give equal results.</summary>
internal static class ModelCompiler
{
    /// <summary>Checks a model and writes its part of the class. A budget is not checked here: that takes the programs, which an editor does not compile for it.</summary>
    public static CheckedDeclaration Check(ModelDeclaration model)
    {
        EquatableArray<ModelError> errors = StageException.Run("Checks", () => CheckDeclaration(model));
        return new CheckedDeclaration(model.Type.FullName, StageException.Run("Surface", () => SurfaceEmitter.Emit(model, errors)), errors);
    }

    /// <summary>Checks a block by itself and writes its part of the class.</summary>
    /// <param name="block">The block.</param>
    /// <param name="reachable">The blocks it reaches.</param>
    public static CheckedDeclaration Check(BlockDeclaration block, EquatableArray<BlockDeclaration> reachable)
    {
        EquatableArray<ModelError> errors = StageException.Run("Checks", () => DeclarationChecks.Check(block, reachable));
        return new CheckedDeclaration(block.Type.FullName, StageException.Run("Surface", () => SurfaceEmitter.Emit(block, errors)), errors);
    }

    /// <summary>Compiles the programs of a model: what runs, and no user code binds to.</summary>
    /// <param name="model">A declaration that <see cref="Check(ModelDeclaration)"/> finds nothing wrong with.</param>
    /// <param name="cancellation">Stops between programs.</param>
    public static CompiledModel Compile(ModelDeclaration model, CancellationToken cancellation)
    {
        IReadOnlyList<CompiledProgram> programs = CompilePrograms(model, cancellation);
        EquatableArray<ModelError> errors = StageException.Run("Budget", () => BudgetCheck.Check(model, programs).ToEquatableArray());
        return errors.Count > 0 ? new CompiledModel(default, errors) : new CompiledModel(StageException.Run("Emission", () => ModelWriter.Write(model, programs)), default);
    }

    /// <summary>Every broken rule of a declaration, in order of declaration, its budget included.</summary>
    public static EquatableArray<ModelError> Validate(ModelDeclaration model)
    {
        EquatableArray<ModelError> errors = StageException.Run("Checks", () => CheckDeclaration(model));
        if (errors.Count > 0 || model.Budget is null) return errors;
        return StageException.Run("Budget", () => BudgetCheck.Check(model, CompilePrograms(model, CancellationToken.None)).ToEquatableArray());
    }

    private static EquatableArray<ModelError> CheckDeclaration(ModelDeclaration model)
    {
        EquatableArray<ModelError> errors = DeclarationChecks.Check(model);
        if (errors.Count == 0) errors = SizeCheck.Check(model).ToEquatableArray();
        return errors.Count == 0 ? BudgetCheck.CheckArguments(model).ToEquatableArray() : errors;
    }

    private static IReadOnlyList<CompiledProgram> CompilePrograms(ModelDeclaration model, CancellationToken cancellation)
    {
        List<CompiledProgram> programs = [];
        foreach (ProgramKind kind in Programs(model))
        {
            cancellation.ThrowIfCancellationRequested();
            programs.Add(CompiledProgram.Compile(model, kind));
        }

        cancellation.ThrowIfCancellationRequested();
        StageException.Run("Planning", () => Agreement.Check(programs));
        return programs;
    }

    /// <summary>What an editor shows: the broken rules, or where there are none what would make the model or its blocks faster.</summary>
    public static EquatableArray<ModelError> Inspect(ModelDeclaration model) => Validate(model) is { Count: > 0 } errors
        ? errors
        : StageException.Run("Checks", () => DeclarationChecks.Advise(model));

    /// <summary>The same of a block by itself.</summary>
    /// <param name="block">The block.</param>
    /// <param name="reachable">The blocks it reaches.</param>
    public static EquatableArray<ModelError> Inspect(BlockDeclaration block, EquatableArray<BlockDeclaration> reachable)
        => StageException.Run("Checks", () => DeclarationChecks.Check(block, reachable) is { Count: > 0 } errors ? errors : DeclarationChecks.Advise(block));

    /// <summary>The programs a model has: without an embedding or a head it is a module only.</summary>
    public static IReadOnlyList<ProgramKind> Programs(ModelDeclaration model) => ModelChecks.IsLanguageModel(model)
        ? [ProgramKind.Module, ProgramKind.Train, ProgramKind.Evaluate, ProgramKind.Prefill]
        : [ProgramKind.Module];
}
