using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace ModelDsl.CodeFixes;

/// <summary>A replacement of text: what it does not touch keeps its comments and its formatting.</summary>
/// <param name="Tree">The file.</param>
/// <param name="Span">What is replaced.</param>
/// <param name="Text">By what.</param>
internal readonly record struct TextEdit(SyntaxTree Tree, TextSpan Span, string Text)
{
    /// <summary>Inserts text.</summary>
    public static TextEdit Insert(SyntaxTree tree, int position, string text) => new(tree, new TextSpan(position, 0), text);

    /// <summary>Removes text.</summary>
    public static TextEdit Remove(SyntaxTree tree, TextSpan span) => new(tree, span, "");
}

/// <summary>An offer: what an editor's menu says, and the edits.</summary>
internal sealed record Fix(string Title, IReadOnlyList<TextEdit> Edits)
{
    public Fix(string title, params TextEdit[] edits) : this(title, (IReadOnlyList<TextEdit>)edits)
    {
    }

    /// <summary>The solution with the edits made.</summary>
    public async Task<Solution> Apply(Solution solution, CancellationToken cancellation)
    {
        foreach (IGrouping<SyntaxTree, TextEdit> file in Edits.GroupBy(static edit => edit.Tree))
        {
            if (solution.GetDocumentId(file.Key) is not { } document) continue;
            SourceText text = await file.Key.GetTextAsync(cancellation).ConfigureAwait(false);
            IEnumerable<TextChange> changes = file.OrderBy(static edit => edit.Span.Start).Select(static edit => new TextChange(edit.Span, edit.Text));
            solution = solution.WithDocumentText(document, text.WithChanges(changes));
        }

        return solution;
    }
}
