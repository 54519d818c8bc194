using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using ModelDsl.Compiler;
using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Generators;

namespace ModelDsl.Analyzers;

/// <summary>
/// Reports every broken rule of a model or block while it is typed, and hints where none is broken. The rules are the compiler's; this class only reads, asks and places.
/// An error that joins a model and its block is reported twice, at the model's layer and at the block's argument: editors show live only what lies in the class they look at.
/// A hint is reported at the argument only.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class DeclarationAnalyzer : DiagnosticAnalyzer
{
    private readonly Func<ModelDeclaration, EquatableArray<ModelError>> inspect;

    /// <summary>The analyzer of the compiler's rules.</summary>
    public DeclarationAnalyzer() : this(ModelCompiler.Inspect)
    {
    }

    // With rules of a test's own.
    internal DeclarationAnalyzer(Func<ModelDeclaration, EquatableArray<ModelError>> inspect) => this.inspect = inspect;

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
    [
        .. DiagnosticCatalogue.All
            .Where(static rule => rule.Severity != RuleSeverity.Silent && rule.Category != DiagnosticCatalogue.InternalError.Category)
            .Select(Descriptors.Of),
    ];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(start =>
        {
            if (start.Compilation.GetTypeByMetadataName(KnownNames.Model) is null) return;
            ModelIndex models = new(start.Compilation, inspect);
            start.RegisterSymbolAction(symbol => Analyze(symbol, models), SymbolKind.NamedType);
            start.RegisterSymbolAction(AnalyzeProperty, SymbolKind.Property);
        });
    }

    private static void Analyze(SymbolAnalysisContext context, ModelIndex models)
    {
        INamedTypeSymbol type = (INamedTypeSymbol)context.Symbol;
        if (type.TypeKind != TypeKind.Class) return;
        Findings findings = new(context.ReportDiagnostic, type);
        if (KnownNames.IsModel(type)) ModelFindings.Report(findings, type, models, context.CancellationToken);
        else
        {
            if (KnownNames.IsBlock(type)) BlockFindings.Report(findings, type, models, context.CancellationToken);
            if (KnownNames.Find(type, "Budget") is not null)
                findings.Report(DiagnosticCatalogue.WithoutEffect.At(new DeclarationTarget(DeclarationReader.FullName(type), null, "Budget"), "Budget", type.Name, "only a [Model] has a budget"));
        }
    }

    private static void AnalyzeProperty(SymbolAnalysisContext context)
    {
        IPropertySymbol property = (IPropertySymbol)context.Symbol;
        INamedTypeSymbol type = property.ContainingType;

        // A second property of a name is an error of C#, and places are found by name.
        if (!SymbolEqualityComparer.Default.Equals(type.GetMembers(property.Name).OfType<IPropertySymbol>().First(), property)) return;
        foreach (AttributeData attribute in property.GetAttributes())
        {
            if (KnownNames.AttributeName(attribute.AttributeClass) is not { } name || LayerVocabulary.Find(name) is null) continue;
            if (KnownNames.IsModel(type) || KnownNames.IsBlock(type)) return;
            DeclarationTarget target = new(DeclarationReader.FullName(type), property.Name, name);
            new Findings(context.ReportDiagnostic, type).Report(DiagnosticCatalogue.OutsideModel.At(target, name, property.Name, type.Name));
        }
    }
}
