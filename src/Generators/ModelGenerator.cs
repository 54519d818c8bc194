using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using ModelDsl.Compiler;
using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.Generators;

/// <summary>Writes the code of every <c>[Model]</c> and <c>[Block]</c> class. Only wiring: reading, compiling and adding files live elsewhere.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class ModelGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<CompilationResult> models = context.SyntaxProvider
            .ForAttributeWithMetadataName(KnownNames.Model, static (node, _) => node is ClassDeclarationSyntax or RecordDeclarationSyntax, Stages.ReadModel)
            .WithTrackingName(TrackingNames.Declaration)
            .Select(Stages.CompileModel)
            .WithTrackingName(TrackingNames.Compiled);

        IncrementalValuesProvider<CompilationResult> blocks = context.SyntaxProvider
            .ForAttributeWithMetadataName(KnownNames.Block, static (node, _) => node is ClassDeclarationSyntax or RecordDeclarationSyntax, Stages.ReadBlock)
            .WithTrackingName(TrackingNames.BlockDeclaration)
            .Select(Stages.CompileBlock)
            .WithTrackingName(TrackingNames.BlockCompiled);

        IncrementalValueProvider<EquatableArray<string>> ambiguous = models.SelectMany(Outputs.Names).Collect()
            .Combine(blocks.SelectMany(Outputs.Names).Collect())
            .Select(static (names, _) => Outputs.Ambiguous(names.Left.Concat(names.Right)))
            .WithTrackingName(TrackingNames.Ambiguous);

        context.RegisterSourceOutput(Surface(models, TrackingNames.Surface).Combine(ambiguous), Outputs.Add);
        context.RegisterSourceOutput(Surface(blocks, TrackingNames.BlockSurface).Combine(ambiguous), Outputs.Add);
        context.RegisterSourceOutput(Errors(models, TrackingNames.Errors), Outputs.Fail);
        context.RegisterSourceOutput(Errors(blocks, TrackingNames.BlockErrors), Outputs.Fail);
        context.RegisterImplementationSourceOutput(
            models.Select(static (result, _) => result.Bodies).WithTrackingName(TrackingNames.Bodies).Combine(ambiguous), Outputs.Add);
    }

    private static IncrementalValuesProvider<EquatableArray<GeneratedFile>> Surface(IncrementalValuesProvider<CompilationResult> results, string name)
        => results.Select(static (result, _) => result.Surface).WithTrackingName(name);

    private static IncrementalValuesProvider<EquatableArray<ModelError>> Errors(IncrementalValuesProvider<CompilationResult> results, string name)
        => results.Select(static (result, _) => result.Errors).WithTrackingName(name);
}
