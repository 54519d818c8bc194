using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace ModelDsl.CodeFixes.Edits;

/// <summary>Lists with commas.</summary>
internal static class Separated
{
    /// <summary>What to remove so that an element of several and one comma go.</summary>
    public static TextSpan SpanOf<TNode>(SeparatedSyntaxList<TNode> list, TNode element)
        where TNode : SyntaxNode
    {
        int index = list.IndexOf(element);
        return index > 0
            ? TextSpan.FromBounds(list[index - 1].Span.End, element.Span.End)
            : TextSpan.FromBounds(element.SpanStart, list[1].SpanStart);
    }
}
