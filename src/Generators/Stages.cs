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

    /// <summary>Compiles a model; where the compiler itself fails, the surface is still written.</summary>
    public static CompilationResult CompileModel(ModelReading reading, CancellationToken cancellation)
    {
        if (reading.Model is not { } model) return Failed(reading.Failure);
        return Guarded(
            () => ModelCompiler.Compile(model, cancellation),
            exception => Failed(Failure(exception, TrackingNames.Compiled, model.Type.FullName), errors => SurfaceEmitter.Emit(model, errors)));
    }

    /// <summary>Checks a block and writes its part of the class.</summary>
    public static CompilationResult CompileBlock(BlockReading reading, CancellationToken cancellation)
    {
        if (reading.Block is not { } block) return Failed(reading.Failure);
        return Guarded(
            () => ModelCompiler.Compile(block, reading.Reachable),
            exception => Failed(Failure(exception, TrackingNames.BlockCompiled, block.Type.FullName), errors => SurfaceEmitter.Emit(block, errors)));
    }

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

    private static CompilationResult Failed(ModelError? failure, Func<EquatableArray<ModelError>, EquatableArray<GeneratedFile>>? surface = null)
    {
        EquatableArray<ModelError> errors = failure is null ? default : new[] { failure }.ToEquatableArray();
        EquatableArray<GeneratedFile> files = surface is null ? default : Guarded(() => surface(errors), static _ => default);
        return new CompilationResult(files, default, errors);
    }
}
