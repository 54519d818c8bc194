using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace ModelDsl.CodeFixes.Edits;

/// <summary>How the members of a class are written, so that a new one looks like its neighbours.</summary>
/// <param name="NewLine">The file's line end.</param>
/// <param name="Indent">White space before a member.</param>
/// <param name="AttributesOnOwnLine">Whether attributes stand on a line above.</param>
/// <param name="BlankLines">Whether an empty line stands between members.</param>
internal sealed record MemberStyle(string NewLine, string Indent, bool AttributesOnOwnLine, bool BlankLines)
{
    /// <summary>The style of a member and of the properties beside it.</summary>
    public static MemberStyle Of(MemberDeclarationSyntax member)
    {
        SourceText text = member.SyntaxTree.GetText();
        TextLine line = text.Lines.GetLineFromPosition(member.SpanStart);
        string before = text.ToString(TextSpan.FromBounds(line.Start, member.SpanStart));
        TextLine ended = line.EndIncludingLineBreak > line.End ? line : text.Lines[0];
        PropertyDeclarationSyntax[] properties = [.. member.Parent?.ChildNodes().OfType<PropertyDeclarationSyntax>() ?? []];
        return new MemberStyle(
            ended.EndIncludingLineBreak > ended.End ? text.ToString(TextSpan.FromBounds(ended.End, ended.EndIncludingLineBreak)) : "\n",
            before.Trim().Length == 0 ? before : "",
            properties.FirstOrDefault(static property => property.AttributeLists.Count > 0) is { } attributed && IsOnOwnLine(attributed.AttributeLists.Last()),
            properties.Skip(1).Any() && properties.Skip(1).All(static property => FollowsEmptyLine(property.GetLeadingTrivia())));
    }

    /// <summary>Whether what an attribute list belongs to goes on in a line below.</summary>
    public static bool IsOnOwnLine(AttributeListSyntax list) => list.GetTrailingTrivia().Any(SyntaxKind.EndOfLineTrivia);

    /// <summary>Whether the trivia before something begins with an empty line.</summary>
    public static bool FollowsEmptyLine(SyntaxTriviaList leading) => leading is [var first, ..] && first.IsKind(SyntaxKind.EndOfLineTrivia);

    /// <summary>Whether nothing but white space stands before a node in its line.</summary>
    public static bool StartsLine(SyntaxNode node)
    {
        SourceText text = node.SyntaxTree.GetText();
        TextLine line = text.Lines.GetLineFromPosition(node.SpanStart);
        return text.ToString(TextSpan.FromBounds(line.Start, node.SpanStart)).Trim().Length == 0;
    }
}
