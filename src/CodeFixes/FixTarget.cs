using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using ModelDsl.Analyzers;
using ModelDsl.Generators;

namespace ModelDsl.CodeFixes;

/// <summary>Where a mistake stands, and what the compiler suggests.</summary>
/// <param name="Node">The argument, attribute, property or class.</param>
/// <param name="Model">Meaning of the file.</param>
/// <param name="Type">The class.</param>
/// <param name="Suggestions">See <see cref="Compiler.Diagnostics.ModelError.Suggestions"/>.</param>
internal sealed record FixTarget(SyntaxNode Node, SemanticModel Model, INamedTypeSymbol Type, ImmutableArray<string> Suggestions)
{
    /// <summary>The argument, or null where the mistake is none of an argument.</summary>
    public AttributeArgumentSyntax? Argument => Node.FirstAncestorOrSelf<AttributeArgumentSyntax>();

    /// <summary>The attribute, or null where the mistake is none of an attribute.</summary>
    public AttributeSyntax? Attribute => Node.FirstAncestorOrSelf<AttributeSyntax>();

    /// <summary>The property, or null where the mistake is none of a property.</summary>
    public PropertyDeclarationSyntax? Property => Node.FirstAncestorOrSelf<PropertyDeclarationSyntax>();

    /// <summary>Finds it; null where it stands in another project.</summary>
    public static async Task<FixTarget?> Find(Project project, Diagnostic diagnostic, CancellationToken cancellation)
    {
        if (diagnostic.AdditionalLocations is not [{ SourceTree: { } tree } location] || project.GetDocument(tree) is not { } document) return null;
        SemanticModel? model = await document.GetSemanticModelAsync(cancellation).ConfigureAwait(false);
        SyntaxNode root = await tree.GetRootAsync(cancellation).ConfigureAwait(false);
        SyntaxNode node = root.FindNode(location.SourceSpan);
        if (model is null || node.FirstAncestorOrSelf<TypeDeclarationSyntax>() is not { } declaration
            || model.GetDeclaredSymbol(declaration, cancellation) is not INamedTypeSymbol type) return null;
        string? suggestions = diagnostic.Properties.TryGetValue(Findings.Suggestions, out string? text) ? text : null;
        return new FixTarget(node, model, type, string.IsNullOrEmpty(suggestions) ? [] : [.. suggestions!.Split('\n')]);
    }

    /// <summary>A type of the DSL as it must be written at the target: by its name where that is in scope.</summary>
    public string TypeName(string name) => Prefix(name, Node) + name;

    /// <summary>An attribute of the DSL, with its arguments if any, as it must be written at a place.</summary>
    public string AttributeText(string attribute, SyntaxNode? place = null) => Prefix(attribute.Split('(')[0] + nameof(System.Attribute), place ?? Node) + attribute;

    /// <summary>The declarations of a class that the user wrote.</summary>
    public static IEnumerable<TypeDeclarationSyntax> Parts(INamedTypeSymbol type) => type.DeclaringSyntaxReferences
        .Where(static reference => !KnownNames.IsGenerated(reference.SyntaxTree))
        .Select(static reference => reference.GetSyntax())
        .OfType<TypeDeclarationSyntax>();

    private string Prefix(string name, SyntaxNode place)
        => Model.Compilation.GetSemanticModel(place.SyntaxTree).LookupNamespacesAndTypes(place.SpanStart, name: name).OfType<INamedTypeSymbol>().Any(KnownNames.IsOfDsl)
            ? ""
            : "global::" + KnownNames.Namespace + ".";
}
