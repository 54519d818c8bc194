using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Generators;
using ModelDsl.TestSupport;

namespace ModelDsl.Analyzers.Tests;

/// <summary>
/// Every rule a user can see has a page in one form, and what the page says is true. In its wrong code a comment <c>// MDL0001</c> marks each line at which something is reported;
/// what C# reports besides is named in the text above it.
/// </summary>
public class DiagnosticPageTests
{
    private static readonly Regex Mark = new(@"// (MDL\d{4})");

    public static TheoryData<string> Ids => [.. DiagnosticPage.Rules.Select(rule => rule.Id)];

    public static TheoryData<string> IdsWithCode => [.. DiagnosticPage.Rules.Where(rule => rule != DiagnosticCatalogue.InternalError).Select(rule => rule.Id)];

    [Fact]
    public void EveryRuleHasAPageAndNoOther() => Assert.Equal(
        DiagnosticPage.Rules.Select(rule => rule.Id + ".md").Append("README.md"),
        Directory.EnumerateFileSystemEntries(DiagnosticPage.Folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));

    [Fact]
    public void TheIndexListsEveryRule()
    {
        string[] lines = [.. DiagnosticPage.Text("README.md").Split('\n').Where(line => line.StartsWith("## ", StringComparison.Ordinal) || line.Contains("MDL", StringComparison.Ordinal))];
        Assert.Equal(
            DiagnosticPage.Rules.GroupBy(rule => rule.Category).SelectMany(family => family
                .Select(rule => $"| [{rule.Id}]({rule.Id}.md) | {rule.Title} | {Severity(rule)} |")
                .Prepend("## " + family.Key["ModelDsl.".Length..])),
            lines);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void APageHasTheForm(string id)
    {
        DiagnosticRule rule = DiagnosticCatalogue.Find(id);
        DiagnosticPage page = DiagnosticPage.Read(id);
        Assert.Equal($"# {id}: {rule.Title}\n\nSeverity: {Severity(rule)}. Category: {rule.Category}.\n\n", page.Head);
        Assert.Equal(rule == DiagnosticCatalogue.InternalError ? ["Cause", "How to configure"] : ["Cause", "Wrong", "Right", "How to configure"], page.Headings);
        Assert.All(page.Texts, text => Assert.NotEqual("", text.Trim()));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void APageSaysWhatCanBeConfigured(string id)
    {
        bool isConfigurable = !Descriptors.Of(DiagnosticCatalogue.Find(id)).CustomTags.Contains(WellKnownDiagnosticTags.NotConfigurable);
        string text = DiagnosticPage.Read(id).Section("How to configure").Trim();
        if (isConfigurable) Assert.Contains($"dotnet_diagnostic.{id}.severity = ", text, StringComparison.Ordinal);
        else Assert.StartsWith("Cannot be turned off: ", text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(IdsWithCode))]
    public async Task WrongCodeBreaksTheRuleOnly(string id)
    {
        DiagnosticPage page = DiagnosticPage.Read(id);
        string[] code = page.Code("Wrong");
        Examined examined = await AnalyzerHarness.Examine(code);
        string[] marked = [.. code.SelectMany((text, file) => text.Split('\n').Index().Where(line => Mark.IsMatch(line.Item)).Select(line => $"{file}.{line.Index}: {Mark.Match(line.Item).Groups[1].Value}"))];
        Assert.Equal(marked, examined.Shown.Select(Line).Order(StringComparer.Ordinal));

        bool ofGenerator = id == DiagnosticCatalogue.DoesNotCompile.Id;
        Assert.Equal([id], (ofGenerator ? examined.OfGenerator : examined.Shown).Select(diagnostic => diagnostic.Id).Distinct());
        Assert.Equal(
            Regex.Matches(page.Prose("Wrong"), @"CS\d{4}").Select(match => match.Value).Order(StringComparer.Ordinal),
            examined.OfCSharp.Select(diagnostic => diagnostic.Id).Distinct().Order(StringComparer.Ordinal));

        static string Line(Diagnostic diagnostic)
            => $"{Path.GetFileNameWithoutExtension(diagnostic.Location.SourceTree!.FilePath)["File".Length..]}.{diagnostic.Location.GetLineSpan().StartLinePosition.Line}: {diagnostic.Id}";
    }

    [Theory]
    [MemberData(nameof(IdsWithCode))]
    public async Task RightCodeIsSilent(string id)
    {
        string[] code = DiagnosticPage.Read(id).Code("Right");
        Assert.NotEmpty(code);
        Examined examined = await AnalyzerHarness.Examine(code);
        Assert.Empty(examined.Shown.Concat(examined.OfGenerator).Concat(examined.OfCSharp));
    }

    [Fact]
    public void ThePageOfTakenNamesListsThem() => Assert.All(
        ReservedNames.OfModels.Concat(ReservedNames.OfBlocks),
        reserved => Assert.Contains($"`{reserved.Name}`", DiagnosticPage.Read(DiagnosticCatalogue.ReservedName.Id).Section("Cause"), StringComparison.Ordinal));

    [Fact]
    public async Task ThePageOfTheGeneratorsErrorQuotesIt()
    {
        DiagnosticPage page = DiagnosticPage.Read(DiagnosticCatalogue.DoesNotCompile.Id);
        Diagnostic error = Assert.Single((await AnalyzerHarness.Examine(page.Code("Wrong"))).OfGenerator);
        Assert.Contains($"> {error.Id}: {error.GetMessage(System.Globalization.CultureInfo.InvariantCulture)}\n", page.Prose("Wrong"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OnlyTheGeneratorsErrorCanBeTurnedOff()
    {
        CSharpCompilation compilation = ModelCompilation.Create("Demo", DiagnosticPage.Read(DiagnosticCatalogue.DoesNotCompile.Id).Code("Wrong"));
        compilation = compilation.WithOptions(compilation.Options.WithSpecificDiagnosticOptions(DiagnosticPage.Rules.ToDictionary(rule => rule.Id, _ => ReportDiagnostic.Suppress)));
        Compilation output = ModelCompilation.WithGenerated(compilation, out ImmutableArray<Diagnostic> ofGenerator);
        Assert.Empty(ofGenerator);
        Assert.Equal(DiagnosticSeverity.Error, Assert.Single(await output.WithAnalyzers([new DeclarationAnalyzer()]).GetAnalyzerDiagnosticsAsync(CancellationToken.None)).Severity);
    }

    [Theory]
    [InlineData(null, "docs/diagnostics/MDL0001.md")]
    [InlineData("https://host.example/owner/name", "https://host.example/owner/name/blob/main/docs/diagnostics/MDL0001.md")]
    [InlineData("https://host.example/owner/name.git", "https://host.example/owner/name/blob/main/docs/diagnostics/MDL0001.md")]
    [InlineData("http://host.example:8080/name/", "http://host.example:8080/name/blob/main/docs/diagnostics/MDL0001.md")]
    [InlineData("", "docs/diagnostics/MDL0001.md")]
    [InlineData("git@host.example:owner/name.git", "docs/diagnostics/MDL0001.md")]
    [InlineData("ssh://git@host.example/owner/name.git", "docs/diagnostics/MDL0001.md")]
    [InlineData("/home/somebody/name", "docs/diagnostics/MDL0001.md")]
    [InlineData("file:///home/somebody/name", "docs/diagnostics/MDL0001.md")]
    [InlineData(@"C:\names\name", "docs/diagnostics/MDL0001.md")]
    public void AHelpLinkLeadsIntoTheRepository(string? repository, string expected) => Assert.Equal(expected, HelpLinks.Of("MDL0001", repository));

    [Theory]
    [MemberData(nameof(Ids))]
    public void AHelpLinkLeadsToThePage(string id)
        => Assert.EndsWith("docs/diagnostics/" + id + ".md", Descriptors.Of(DiagnosticCatalogue.Find(id)).HelpLinkUri, StringComparison.Ordinal);

    private static string Severity(DiagnosticRule rule) => Descriptors.Of(rule).DefaultSeverity.ToString();
}
