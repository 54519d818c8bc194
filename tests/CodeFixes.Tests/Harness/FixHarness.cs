using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;

namespace ModelDsl.CodeFixes.Tests;

/// <summary>An offer that a test expects.</summary>
/// <param name="Title">What the editor's menu says.</param>
/// <param name="After">The text after it.</param>
/// <param name="Left">Ids of other diagnostics that are there then.</param>
internal sealed record Offer(string Title, string After, params string[] Left)
{
    public static implicit operator Offer((string Title, string After) offer) => new(offer.Title, offer.After);
}

/// <summary>
/// Checks what is offered for a diagnostic and what the text is then: with no diagnostic of that id, no error other than those named, and no error of C#. Suggestions of
/// other ids may be left: the numbers in these small models are not chosen for speed.
/// </summary>
internal static class FixHarness
{
    public const string Usings = "using ModelDsl;\nnamespace Demo;\n\n";

    /// <summary>Checks every offer for the only diagnostic of an id in one file.</summary>
    public static async Task Offers(string id, string source, params Offer[] expected)
    {
        using FixWorkspace workspace = new(Usings + source);
        Diagnostic diagnostic = Assert.Single(await FixWorkspace.Diagnostics(workspace.Project), found => found.Id == id);
        CodeAction[] actions = await workspace.Offers(diagnostic);
        Assert.Equal(expected.Select(offer => offer.Title), actions.Select(action => action.Title));
        foreach ((CodeAction action, Offer offer) in actions.Zip(expected))
        {
            Project changed = await workspace.After(action);
            Assert.Equal(Usings + offer.After, Assert.Single(await FixWorkspace.Texts(changed)));
            await AssertMended(changed, id, offer.Left);
        }
    }

    /// <summary>Checks that the first offers for every diagnostic of an id mend all of them at once.</summary>
    public static async Task All(string id, string[] sources, string[] after)
    {
        using FixWorkspace workspace = new([.. sources.Select(source => Usings + source)]);
        Diagnostic[] diagnostics = [.. (await FixWorkspace.Diagnostics(workspace.Project)).Where(found => found.Id == id)];
        Assert.True(diagnostics.Length > 1);
        CodeAction first = (await workspace.Offers(diagnostics[0]))[0];
        DeclarationCodeFixProvider provider = new();
        FixAllContext context = new(
            workspace.Project.GetDocument(diagnostics[0].Location.SourceTree)!, provider, FixAllScope.Project, first.EquivalenceKey, [id], new Found(diagnostics), CancellationToken.None);
        CodeAction action = (await provider.GetFixAllProvider().GetFixAsync(context))!;
        Project changed = await workspace.After(action);
        Assert.Equal(after.Select(text => Usings + text), await FixWorkspace.Texts(changed));
        await AssertMended(changed, id, []);
    }

    /// <summary>Checks what is left of a project.</summary>
    public static async Task AssertMended(Project project, string id, string[] left)
    {
        IEnumerable<Diagnostic> diagnostics = (await FixWorkspace.Diagnostics(project)).Where(found => found.Severity > DiagnosticSeverity.Info || found.Id == id);
        Assert.Equal(left, diagnostics.Select(diagnostic => diagnostic.Id).Distinct());
        // What is invalid still has the generator's one error.
        Assert.DoesNotContain(await FixWorkspace.ErrorsOfCSharp(project), error => left.Length == 0 || !error.Contains("MDL9002", StringComparison.Ordinal));
    }

    private sealed class Found(Diagnostic[] diagnostics) : FixAllContext.DiagnosticProvider
    {
        public override Task<IEnumerable<Diagnostic>> GetAllDiagnosticsAsync(Project project, CancellationToken cancellationToken) => Task.FromResult<IEnumerable<Diagnostic>>(diagnostics);

        public override Task<IEnumerable<Diagnostic>> GetProjectDiagnosticsAsync(Project project, CancellationToken cancellationToken) => Task.FromResult<IEnumerable<Diagnostic>>([]);

        public override Task<IEnumerable<Diagnostic>> GetDocumentDiagnosticsAsync(Document document, CancellationToken cancellationToken)
            => Task.FromResult(diagnostics.Where(diagnostic => diagnostic.Location.SourceTree!.FilePath == document.FilePath));
    }
}
