using Microsoft.CodeAnalysis;
using ModelDsl.Compiler;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Compiler.Emission;

namespace ModelDsl.Generators;

/// <summary>The pipeline's steps. None lets an exception out, cancellation excepted: Roslyn would only warn, and drop every model's code.</summary>
internal static class Stages
{
    /// <summary>Reads a model; an empty reading where another declaration of the same class is read instead.</summary>
    public static ModelReading ReadModel(GeneratorAttributeSyntaxContext context, CancellationToken cancellation)
    {
        INamedTypeSymbol type = (INamedTypeSymbol)context.TargetSymbol;
        if (!IsFirst(context, type, "Model")) return new ModelReading(null, null);
        return Guarded(
            () => new ModelReading(DeclarationReader.ReadModel(type, cancellation), null),
            exception => new ModelReading(null, Failure(exception, TrackingNames.Declaration, type.Name)));
    }

    /// <summary>Reads a block; an empty reading where another declaration of the same class is read instead, or the class is a model.</summary>
    public static BlockReading ReadBlock(GeneratorAttributeSyntaxContext context, CancellationToken cancellation)
    {
        INamedTypeSymbol type = (INamedTypeSymbol)context.TargetSymbol;
        if (!IsFirst(context, type, "Block") || KnownNames.IsModel(type)) return new BlockReading(null, default, null);
        return Guarded(
            () => new BlockReading(DeclarationReader.ReadBlock(type), DeclarationReader.Reachable(type, cancellation), null),
            exception => new BlockReading(null, default, Failure(exception, TrackingNames.BlockDeclaration, type.Name)));
    }

    /// <summary>Checks a model and writes its part of the class; where the compiler itself fails, one that throws.</summary>
    public static CheckedModel CheckModel(ModelReading reading, CancellationToken cancellation)
    {
        if (reading.Model is not { } model) return new CheckedModel(Failed("", reading.Failure, static _ => default), null);
        CheckedDeclaration result = Guarded(
            () => ModelCompiler.Check(model),
            exception => Failed(model.Type.FullName, Failure(exception, TrackingNames.Checked, model.Type.FullName), errors => SurfaceEmitter.Emit(model, errors)));
        return new CheckedModel(result, result.Errors.Count == 0 ? model : null);
    }

    /// <summary>Checks a block and writes its part of the class; where the compiler itself fails, one that throws.</summary>
    public static CheckedDeclaration CheckBlock(BlockReading reading, CancellationToken cancellation) => reading.Block is not { } block
        ? Failed("", reading.Failure, static _ => default)
        : Guarded(
            () => ModelCompiler.Check(block, reading.Reachable),
            exception => Failed(block.Type.FullName, Failure(exception, TrackingNames.BlockChecked, block.Type.FullName), errors => SurfaceEmitter.Emit(block, errors)));

    /// <summary>Compiles the programs of a valid model; nothing for an invalid one.</summary>
    public static CompiledModel CompileModel(CheckedModel reading, CancellationToken cancellation) => reading.Valid is not { } model
        ? default
        : Guarded(() => ModelCompiler.Compile(model, cancellation), exception => new CompiledModel(default, Only(Failure(exception, TrackingNames.Compiled, model.Type.FullName))));

    // A class may wrongly carry the attribute on several parts: one reading, or two files of one name would stop the generator.
    private static bool IsFirst(GeneratorAttributeSyntaxContext context, INamedTypeSymbol type, string attribute) => type.TypeKind == TypeKind.Class
        && (KnownNames.Find(type, attribute)?.ApplicationSyntaxReference is not { } first
            || (first.SyntaxTree == context.TargetNode.SyntaxTree && context.TargetNode.Span.Contains(first.Span)));

    private static TResult Guarded<TResult>(Func<TResult> run, Func<Exception, TResult> failed)
    {
        try
        {
            return run();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return failed(exception);
        }
    }

    private static ModelError Failure(Exception exception, string stage, string type) => StageException.Describe(stage, exception, new DeclarationTarget(type));

    private static CheckedDeclaration Failed(string type, ModelError? failure, Func<EquatableArray<ModelError>, EquatableArray<GeneratedFile>> surface)
    {
        EquatableArray<ModelError> errors = Only(failure);
        return new CheckedDeclaration(type, Guarded(() => surface(errors), static _ => default), errors);
    }

    private static EquatableArray<ModelError> Only(ModelError? failure) => failure is null ? default : new[] { failure }.ToEquatableArray();
}
