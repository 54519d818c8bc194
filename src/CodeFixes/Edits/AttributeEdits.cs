using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;
using ModelDsl.Generators;

namespace ModelDsl.CodeFixes.Edits;

/// <summary>Attributes of properties and classes: added, removed.</summary>
internal static class AttributeEdits
{
    /// <summary>Removes the attribute.</summary>
    public static IEnumerable<Fix> Remove(FixTarget target) => target.Attribute is { } attribute ? [Remove(attribute)] : [];

    /// <summary>One offer for each suggested name: to remove the attribute of that name from the property, else from the class.</summary>
    public static IEnumerable<Fix> RemoveOne(FixTarget target)
    {
        ISymbol symbol = target.Property is { } property ? target.Model.GetDeclaredSymbol(property)! : target.Type;
        foreach (string name in target.Suggestions)
        {
            if (KnownNames.Find(symbol, name)?.ApplicationSyntaxReference?.GetSyntax() is AttributeSyntax attribute) yield return Remove(attribute);
        }
    }

    /// <summary>One offer for each suggested attribute: to put it on the property.</summary>
    public static IEnumerable<Fix> Add(FixTarget target)
    {
        if (target.Property is not { } property) yield break;
        foreach (string suggestion in target.Suggestions)
        {
            (int position, string text) = Place(property, target.AttributeText(suggestion));
            yield return new Fix($"Add [{suggestion}]", TextEdit.Insert(property.SyntaxTree, position, text));
        }
    }

    // In the last list where that stands on the property's own line, else on a line of its own if the neighbours do that.
    private static (int Position, string Text) Place(PropertyDeclarationSyntax property, string attribute)
    {
        MemberStyle style = MemberStyle.Of(property);
        if (property.AttributeLists.LastOrDefault() is not { } last)
            return (property.SpanStart, $"[{attribute}]" + (style.AttributesOnOwnLine ? style.NewLine + style.Indent : " "));
        return MemberStyle.IsOnOwnLine(last)
            ? (last.Span.End, style.NewLine + style.Indent + $"[{attribute}]")
            : (last.Attributes.Last().Span.End, ", " + attribute);
    }

    private static Fix Remove(AttributeSyntax attribute)
    {
        AttributeListSyntax list = (AttributeListSyntax)attribute.Parent!;
        TextSpan span = list.Attributes.Count > 1 ? Spans.Element(list.Attributes, attribute) : Spans.WithSpace(list.OpenBracketToken, list.CloseBracketToken);
        return new Fix($"Remove [{attribute.Name}]", TextEdit.Remove(attribute.SyntaxTree, span));
    }
}
