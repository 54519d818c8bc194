using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;
using ModelDsl.Generators;

namespace ModelDsl.CodeFixes.Edits;

/// <summary>Form and type of a layer's property.</summary>
internal static class PropertyEdits
{
    private const string Getter = "{ get; }";

    /// <summary>Makes it <c>partial T Name { get; }</c>, with what else it has left as it is.</summary>
    public static IEnumerable<Fix> GiveForm(FixTarget target)
    {
        if (target.Property is not { ContainsDirectives: false } property) return [];
        SyntaxTree tree = property.SyntaxTree;
        List<TextEdit> edits = [.. property.Modifiers.Where(IsWrong).Select(ModifierEdits.Remove)];
        string partial = property.Modifiers.Any(SyntaxKind.PartialKeyword) ? "" : "partial ";
        if (property.Type is RefTypeSyntax reference) edits.Add(new TextEdit(tree, TextSpan.FromBounds(reference.SpanStart, reference.Type.SpanStart), partial));
        else if (partial.Length > 0) edits.Add(TextEdit.Insert(tree, property.Type.SpanStart, partial));
        edits.AddRange(Body(property));
        if (target.Model.GetDeclaredSymbol(property) is { PartialImplementationPart: { } implementation })
        {
            edits.AddRange(implementation.DeclaringSyntaxReferences
                .Where(static reference => !KnownNames.IsGenerated(reference.SyntaxTree))
                .Select(static reference => MemberEdits.Cut((MemberDeclarationSyntax)reference.GetSyntax())));
        }

        return [new Fix($"Make '{property.Identifier.ValueText}' a partial property with only a getter", edits)];
    }

    /// <summary>Gives it the suggested type.</summary>
    public static IEnumerable<Fix> ChangeType(FixTarget target) => target is { Property: { } property, Suggestions: [{ } type] }
        ? [new Fix($"Change the type of '{property.Identifier.ValueText}' to {type}", new TextEdit(property.SyntaxTree, property.Type.Span, target.TypeName(type)))]
        : [];

    private static bool IsWrong(SyntaxToken modifier) => modifier.Kind()
        is SyntaxKind.StaticKeyword or SyntaxKind.AbstractKeyword or SyntaxKind.ExternKeyword or SyntaxKind.RequiredKeyword;

    // The getter alone is kept as it is written.
    private static IEnumerable<TextEdit> Body(PropertyDeclarationSyntax property)
    {
        SyntaxTree tree = property.SyntaxTree;
        if (property.AccessorList is not { } list)
        {
            yield return new TextEdit(tree, TextSpan.FromBounds(property.Identifier.Span.End, property.Span.End), " " + Getter);
            yield break;
        }

        AccessorDeclarationSyntax? getter = list.Accessors
            .FirstOrDefault(static accessor => accessor.IsKind(SyntaxKind.GetAccessorDeclaration) && accessor is { Body: null, ExpressionBody: null });
        if (getter is null)
        {
            yield return new TextEdit(tree, list.Span, Getter);
        }
        else
        {
            foreach (AccessorDeclarationSyntax accessor in list.Accessors)
            {
                if (accessor != getter) yield return TextEdit.Remove(tree, accessor.FullSpan);
            }
        }

        if (property.Initializer is not null) yield return TextEdit.Remove(tree, TextSpan.FromBounds(list.Span.End, property.Span.End));
    }
}
