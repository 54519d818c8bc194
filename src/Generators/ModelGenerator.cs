using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using ModelDsl.Compiler;

namespace ModelDsl.Generators;

/// <summary>
/// Writes the code of every <c>[Model]</c> and <c>[Block]</c> class. Only wiring: reading, compiling and adding files live elsewhere. An editor
/// runs the checks and the surface; the programs are compiled in builds only.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class ModelGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<ModelReading> models = context.SyntaxProvider
            .ForAttributeWithMetadataName(KnownNames.Model, IsClass, Stages.ReadModel)
            .WithTrackingName(TrackingNames.Declaration);
        IncrementalValuesProvider<BlockReading> blocks = context.SyntaxProvider
            .ForAttributeWithMetadataName(KnownNames.Block, IsClass, Stages.ReadBlock)
            .WithTrackingName(TrackingNames.BlockDeclaration);

        IncrementalValuesProvider<CheckedModel> checkedModels = models.Select(Stages.CheckModel).WithTrackingName(TrackingNames.Checked);
        IncrementalValuesProvider<CheckedDeclaration> ofModels = checkedModels.Select(static (model, _) => model.Result);
        IncrementalValuesProvider<CheckedDeclaration> checkedBlocks = blocks.Select(Stages.CheckBlock).WithTrackingName(TrackingNames.BlockChecked);
        IncrementalValuesProvider<CompiledModel> compiled = checkedModels.Select(Stages.CompileModel).WithTrackingName(TrackingNames.Compiled);

        IncrementalValueProvider<EquatableArray<string>> ambiguous = Names(ofModels)
            .Combine(Names(checkedBlocks))
            .Select(static (names, _) => Outputs.Ambiguous(names.Left.Concat(names.Right)))
            .WithTrackingName(TrackingNames.Ambiguous);

        foreach ((IncrementalValuesProvider<CheckedDeclaration> declarations, string surface, string errors) in new[]
            { (ofModels, TrackingNames.Surface, TrackingNames.Errors), (checkedBlocks, TrackingNames.BlockSurface, TrackingNames.BlockErrors) })
        {
            context.RegisterSourceOutput(declarations.Select(static (result, _) => result.Surface).WithTrackingName(surface).Combine(ambiguous), Outputs.Add);
            context.RegisterSourceOutput(declarations.Select(static (result, _) => result.Errors).WithTrackingName(errors), Outputs.Fail);
        }

        context.RegisterImplementationSourceOutput(
            compiled.Select(static (result, _) => result.Files).WithTrackingName(TrackingNames.Bodies).Combine(ambiguous), Outputs.Add);
        context.RegisterImplementationSourceOutput(
            compiled.Select(static (result, _) => result.Errors).WithTrackingName(TrackingNames.Failure), Outputs.Fail);
    }

    private static bool IsClass(SyntaxNode node, CancellationToken cancellation) => node is ClassDeclarationSyntax or RecordDeclarationSyntax;

    private static IncrementalValueProvider<EquatableArray<string>> Names(IncrementalValuesProvider<CheckedDeclaration> declarations)
        => declarations.Select(static (result, _) => result.Type).Collect().Select(static (names, _) => names.ToEquatableArray());
}
