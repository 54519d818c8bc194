using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;

namespace ModelDsl.CodeFixes;

/// <summary>Offers what <see cref="FixTable"/> knows for a diagnostic, once or for all of a document, project or solution.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(DeclarationCodeFixProvider))]
[Shared]
public sealed class DeclarationCodeFixProvider : CodeFixProvider
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [.. FixTable.Ids];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        Solution solution = context.Document.Project.Solution;
        foreach (Diagnostic diagnostic in context.Diagnostics)
        {
            if (await FixTarget.Find(context.Document.Project, diagnostic, context.CancellationToken).ConfigureAwait(false) is not { } target) continue;
            int index = 0;
            foreach (Fix fix in FixTable.Offers(diagnostic.Id, target))
            {
                // The key is the place among the offers: "for all" takes the best everywhere, or the second best, whatever each is. No id in it:
                // 'dotnet format' takes the key from one diagnostic and uses it for every id.
                string key = FormattableString.Invariant($"Offer {index++}");
                context.RegisterCodeFix(CodeAction.Create(fix.Title, cancellation => fix.Apply(solution, cancellation), key), diagnostic);
            }
        }
    }
}
