using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;
using ModelDsl.Generators;

namespace ModelDsl.CodeFixes.Edits;

/// <summary>Whole layers: added, removed, moved.</summary>
internal static class MemberEdits
{
    /// <summary>Adds a property with the suggested attribute before the first layer.</summary>
    /// <param name="type">Name of its type in the DSL.</param>
    /// <param name="name">Its name; with a number where it is taken.</param>
    public static Func<FixTarget, IEnumerable<Fix>> AddFirst(string type, string name)
        => target => Layers(target).FirstOrDefault() is { } first ? [Add(target, first, type, name, isBefore: true)] : [];

    /// <summary>Adds a property with the suggested attribute behind the last layer.</summary>
    /// <inheritdoc cref="AddFirst"/>
    public static Func<FixTarget, IEnumerable<Fix>> AddLast(string type, string name)
        => target => Layers(target).LastOrDefault() is { } last ? [Add(target, last, type, name, isBefore: false)] : [];

    /// <summary>Removes the property.</summary>
    public static IEnumerable<Fix> Remove(FixTarget target)
        => target.Property is { ContainsDirectives: false } property ? [new Fix($"Remove '{property.Identifier.ValueText}'", Cut(property))] : [];

    /// <summary>Moves the property to the other side of the layer that the suggestion names.</summary>
    public static IEnumerable<Fix> Move(FixTarget target)
    {
        if (target.Property is not { ContainsDirectives: false } property || target.Suggestions is not [{ } name]
            || Layers(target).FirstOrDefault(layer => layer.Identifier.ValueText == name && layer.SyntaxTree == property.SyntaxTree) is not { } anchor) return [];
        SourceText text = property.SyntaxTree.GetText();
        string moved = text.ToString(TextSpan.FromBounds(Start(property), property.FullSpan.End));
        bool isBefore = anchor.SpanStart < property.SpanStart;
        return [new Fix($"Move '{property.Identifier.ValueText}' {(isBefore ? "before" : "behind")} '{name}'", Paste(anchor, moved, isBefore), Cut(property))];
    }

    /// <summary>Removes a member with its comments, and an empty line that would be left at the edge.</summary>
    public static TextEdit Cut(MemberDeclarationSyntax member)
    {
        int end = member.FullSpan.End;
        SyntaxTriviaList next = member.GetLastToken().GetNextToken().LeadingTrivia;
        if (!MemberStyle.FollowsEmptyLine(member.GetLeadingTrivia()) && MemberStyle.FollowsEmptyLine(next)) end = next[0].Span.End;
        return TextEdit.Remove(member.SyntaxTree, TextSpan.FromBounds(member.FullSpan.Start, end));
    }

    private static Fix Add(FixTarget target, PropertyDeclarationSyntax neighbour, string type, string name, bool isBefore)
    {
        MemberStyle style = MemberStyle.Of(neighbour);
        string suggestion = target.Suggestions[0];
        IEnumerable<SyntaxToken> access = neighbour.Modifiers.Where(static modifier => SyntaxFacts.IsAccessibilityModifier(modifier.Kind()));
        string unique = name;
        for (int number = 2; unique == target.Type.Name || target.Type.GetMembers(unique).Length > 0; number++) unique = FormattableString.Invariant($"{name}{number}");
        string text = style.Indent + $"[{target.AttributeText(suggestion)}]"
            + (style.AttributesOnOwnLine ? style.NewLine + style.Indent : " ")
            + $"{string.Concat(access.Select(static modifier => modifier.Text + " "))}partial {target.TypeName(type)} {unique} {{ get; }}"
            + (MemberStyle.StartsLine(neighbour) ? style.NewLine : " ");
        return new Fix($"Add [{suggestion}] as {(isBefore ? "first" : "last")} layer", Paste(neighbour, text, isBefore));
    }

    // Whole lines go before the anchor's first, comments included, or behind its last.
    private static TextEdit Paste(PropertyDeclarationSyntax anchor, string text, bool isBefore)
    {
        MemberStyle style = MemberStyle.Of(anchor);
        string blank = style.BlankLines ? style.NewLine : "";
        return isBefore ? TextEdit.Insert(anchor.SyntaxTree, Start(anchor), text + blank) : TextEdit.Insert(anchor.SyntaxTree, anchor.FullSpan.End, blank + text);
    }

    // Behind the empty lines before it.
    private static int Start(PropertyDeclarationSyntax property)
    {
        int start = property.FullSpan.Start;
        foreach (SyntaxTrivia trivia in property.GetLeadingTrivia())
        {
            if (trivia.IsKind(SyntaxKind.EndOfLineTrivia)) start = trivia.FullSpan.End;
            else if (!trivia.IsKind(SyntaxKind.WhitespaceTrivia)) break;
        }

        return start;
    }

    private static IEnumerable<PropertyDeclarationSyntax> Layers(FixTarget target) => MemberReader.Layers(target.Type)
        .SelectMany(static property => property.DeclaringSyntaxReferences)
        .Where(static reference => !KnownNames.IsGenerated(reference.SyntaxTree))
        .Select(static reference => reference.GetSyntax())
        .OfType<PropertyDeclarationSyntax>();
}
