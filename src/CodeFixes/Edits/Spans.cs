using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace ModelDsl.CodeFixes.Edits;

/// <summary>What to remove so that no comma and no space is left over, and no comment lost.</summary>
internal static class Spans
{
    /// <summary>An element of a list of several, with one comma.</summary>
    public static TextSpan Element<TNode>(SeparatedSyntaxList<TNode> list, TNode element)
        where TNode : SyntaxNode
    {
        int index = list.IndexOf(element);
        return index > 0
            ? TextSpan.FromBounds(list[index - 1].Span.End, element.Span.End)
            : TextSpan.FromBounds(element.SpanStart, list[1].SpanStart);
    }

    /// <summary>Tokens with the space and the line ends behind them, up to what comes next.</summary>
    public static TextSpan WithSpace(SyntaxToken first, SyntaxToken last)
    {
        int end = last.Span.End;
        foreach (SyntaxTrivia trivia in last.TrailingTrivia.Concat(last.GetNextToken().LeadingTrivia))
        {
            if (!trivia.IsKind(SyntaxKind.WhitespaceTrivia) && !trivia.IsKind(SyntaxKind.EndOfLineTrivia)) break;
            end = trivia.Span.End;
        }

        return TextSpan.FromBounds(first.SpanStart, end);
    }
}
