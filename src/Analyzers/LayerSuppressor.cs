using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using ModelDsl.Generators;

namespace ModelDsl.Analyzers;

/// <summary>Silences warnings of other analyzers that are wrong about models: what the compiler makes of a declaration is no use of it that they see.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class LayerSuppressor : DiagnosticSuppressor
{
    private static readonly SuppressionDescriptor UnusedLayer = new(
        "MDLS0001", "IDE0051", "A layer is used by being declared: the compiler computes it, whether or not anybody reads the property");

    private static readonly SuppressionDescriptor NeverCreated = new(
        "MDLS0002", "CA1812", "Generated code creates models, and the blocks they declare; in an invalid model it does not yet");

    /// <inheritdoc/>
    public override ImmutableArray<SuppressionDescriptor> SupportedSuppressions { get; } = [UnusedLayer, NeverCreated];

    /// <inheritdoc/>
    public override void ReportSuppressions(SuppressionAnalysisContext context)
    {
        Lazy<HashSet<ISymbol>> declared = new(() => DeclaredBlocks(context.Compilation, context.CancellationToken));
        foreach (Diagnostic diagnostic in context.ReportedDiagnostics)
        {
            if (diagnostic.Location.SourceTree is not { } tree || tree.GetRoot(context.CancellationToken).FindNode(diagnostic.Location.SourceSpan) is not { } node) continue;
            switch (context.GetSemanticModel(tree).GetDeclaredSymbol(node, context.CancellationToken))
            {
                case IPropertySymbol property when diagnostic.Id == UnusedLayer.SuppressedDiagnosticId && IsLayer(property):
                    context.ReportSuppression(Suppression.Create(UnusedLayer, diagnostic));
                    break;
                case INamedTypeSymbol type when diagnostic.Id == NeverCreated.SuppressedDiagnosticId && (KnownNames.IsModel(type) || declared.Value.Contains(type)):
                    context.ReportSuppression(Suppression.Create(NeverCreated, diagnostic));
                    break;
            }
        }
    }

    private static bool IsLayer(IPropertySymbol property) => property.ContainingType is { } type
        && (KnownNames.IsModel(type) || KnownNames.IsBlock(type))
        && MemberReader.Layers(type).Any(layer => layer.Name == property.Name);

    private static HashSet<ISymbol> DeclaredBlocks(Compilation compilation, CancellationToken cancellation) => new(
        new ModelIndex(compilation, static _ => default).Models.SelectMany(model => DeclarationReader.ReachableSymbols(model, cancellation)), SymbolEqualityComparer.Default);
}
