using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ModelDsl.CodeFixes.Edits;

/// <summary>Modifiers and keywords of classes and properties.</summary>
internal static class ModifierEdits
{
    /// <summary>Makes every part of the class partial.</summary>
    public static IEnumerable<Fix> MakePartial(FixTarget target) => [new Fix($"Make '{target.Type.Name}' partial", [.. Partial(target.Type)])];

    /// <summary>Makes every type around the class partial.</summary>
    public static IEnumerable<Fix> MakeContainersPartial(FixTarget target)
    {
        List<string> names = [];
        List<TextEdit> edits = [];
        for (INamedTypeSymbol? container = target.Type.ContainingType; container is not null; container = container.ContainingType)
        {
            int before = edits.Count;
            edits.AddRange(Partial(container));
            if (edits.Count > before) names.Insert(0, "'" + container.Name + "'");
        }

        return [new Fix($"Make {string.Join(" and ", names)} partial", edits)];
    }

    /// <summary>Removes the suggested keyword from the class; <c>file</c> from the types around it too. Nothing where the class relies on it.</summary>
    public static IEnumerable<Fix> RemoveKeyword(FixTarget target)
    {
        if (target.Suggestions is not [{ } keyword] || NeedsKeyword(target.Type, keyword)) return [];
        List<TextEdit> edits = [];
        for (INamedTypeSymbol? type = target.Type; type is not null; type = keyword == "file" ? type.ContainingType : null)
        {
            foreach (TypeDeclarationSyntax part in FixTarget.Parts(type))
            {
                if (part is RecordDeclarationSyntax record && keyword == "record")
                {
                    edits.Add(record.ClassOrStructKeyword.RawKind == 0
                        ? new TextEdit(part.SyntaxTree, record.Keyword.Span, "class")
                        : Remove(record.Keyword));
                }

                edits.AddRange(part.Modifiers.Where(modifier => modifier.Text == keyword).Select(Remove));
            }
        }

        return [new Fix(keyword == "record" ? $"Make '{target.Type.Name}' a class" : $"Remove '{keyword}' from '{target.Type.Name}'", edits)];
    }

    /// <summary>Makes the property public.</summary>
    public static IEnumerable<Fix> MakePublic(FixTarget target)
    {
        if (target.Property is not { } property) return [];
        SyntaxToken[] access = [.. property.Modifiers.Where(static modifier => SyntaxFacts.IsAccessibilityModifier(modifier.Kind()))];
        TextEdit edit = access.Length > 0
            ? new TextEdit(property.SyntaxTree, access[0].Span, "public")
            : TextEdit.Insert(property.SyntaxTree, property.Modifiers.Count > 0 ? property.Modifiers[0].SpanStart : property.Type.SpanStart, "public ");
        return [new Fix($"Make '{property.Identifier.ValueText}' public", [edit, .. access.Skip(1).Select(Remove)])];
    }

    /// <summary>What makes a class partial, if it is not.</summary>
    public static IEnumerable<TextEdit> Partial(INamedTypeSymbol type) => FixTarget.Parts(type)
        .Where(static part => !part.Modifiers.Any(SyntaxKind.PartialKeyword))
        .Select(static part => TextEdit.Insert(part.SyntaxTree, part.Keyword.SpanStart, "partial "));

    /// <summary>Removes a modifier and the space behind it.</summary>
    public static TextEdit Remove(SyntaxToken modifier) => TextEdit.Remove(modifier.SyntaxTree!, Spans.WithSpace(modifier, modifier));

    private static bool NeedsKeyword(INamedTypeSymbol type, string keyword) => keyword switch
    {
        "abstract" => type.GetMembers().Any(static member => member.IsAbstract),
        // A primary constructor of a record declares properties, and only records derive from records.
        "record" => type.BaseType is { IsRecord: true } || FixTarget.Parts(type).Any(static part => part.ParameterList is not null),
        _ => false,
    };
}
