using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Generators;

namespace ModelDsl.Analyzers.Tests;

/// <summary>The catalogue, the analyzer, the release file and the tests speak of the same rules.</summary>
public class CatalogueTests
{
    private static readonly DiagnosticRule[] Visible = [.. DiagnosticCatalogue.All.Where(rule => rule.Severity != RuleSeverity.Silent)];

    [Fact]
    public void TheReleaseFileListsEveryRule()
    {
        string[] rows = [.. File.ReadAllLines(Path.Combine(Folder(), "../../src/Analyzers/AnalyzerReleases.Unshipped.md"))
            .Concat(File.ReadAllLines(Path.Combine(Folder(), "../../src/Analyzers/AnalyzerReleases.Shipped.md")))
            .Where(line => line.StartsWith("MDL", StringComparison.Ordinal))];
        Assert.Equal(Visible.Select(rule => $"{rule.Id} | {rule.Category} | {(rule.Severity == RuleSeverity.Suggestion ? "Info" : rule.Severity.ToString())} | {rule.Title}"), rows.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void TheAnalyzerSupportsEveryRuleOfTheUser() => Assert.Equal(
        Visible.Where(rule => rule.Category != "ModelDsl.Internal").Select(rule => rule.Id),
        new DeclarationAnalyzer().SupportedDiagnostics.Select(descriptor => descriptor.Id).Order(StringComparer.Ordinal));

    [Fact]
    public void EveryRuleHasATestAndNoOther()
    {
        string tests = string.Concat(Directory.EnumerateFiles(Folder(), "*Tests.cs").Select(File.ReadAllText));
        Assert.Equal(
            Visible.Where(rule => rule.Category != "ModelDsl.Internal").Select(rule => rule.Id),
            Regex.Matches(tests, @"\{\|(MDL\d+):").Select(match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal));
    }

    // A build from the command line would otherwise end at the generator's error, before the analyzer has said where the mistake is.
    [Fact]
    public void TheGeneratorsErrorDoesNotStopAnalyzers()
        => Assert.DoesNotContain(WellKnownDiagnosticTags.NotConfigurable, Descriptors.Of(DiagnosticCatalogue.DoesNotCompile).CustomTags);

    private static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
