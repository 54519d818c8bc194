using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;
using Microsoft.CodeAnalysis.Text;
using ModelDsl.Compiler;
using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Generators;
using ModelDsl.TestSupport;

namespace ModelDsl.Analyzers.Tests;

/// <summary>
/// Checks what the analyzer reports on sources with markup: <c>{|MDL0001:Name|}</c>. Each check also asserts that an editor sees the same live,
/// that the generator's output does not change what is read, that the compiler finds the same ids, and that C# has no errors but those expected.
/// </summary>
internal static class AnalyzerHarness
{
    /// <summary>Checks sources, each a file, in a user's project.</summary>
    public static Task Verify(params string[] markup) => Verify([], markup);

    /// <summary>Checks sources that have errors of C# too.</summary>
    public static async Task Verify(string[] errorsOfCSharp, params string[] markup)
    {
        Marked[] files = [.. markup.Select(Marked.Parse)];
        CSharpCompilation compilation = ModelCompilation.Create("Demo", files.Select(file => file.Source));
        Compilation output = ModelCompilation.WithGenerated(compilation);
        CompilationWithAnalyzers analysis = output.WithAnalyzers([new DeclarationAnalyzer()]);
        ImmutableArray<Diagnostic> whole = await analysis.GetAnalyzerDiagnosticsAsync(CancellationToken.None);
        string[] expected = [.. files.SelectMany((file, index) => file.Expected.Select(found => $"{index}: {found}")).Order(StringComparer.Ordinal)];
        Assert.Equal(expected, Describe(whole, files));

        List<Diagnostic> live = [];
        foreach (SyntaxTree tree in output.SyntaxTrees)
            live.AddRange(await analysis.GetAnalyzerSemanticDiagnosticsAsync(output.GetSemanticModel(tree), null, CancellationToken.None));
        Assert.Equal(expected, Describe(live, files));

        string[] errors = [.. output.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(diagnostic => diagnostic.Id).Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(errorsOfCSharp, errors);
        AssertReadsTheSame(compilation, output);
        AssertCompilerAgrees(compilation, whole);
    }

    /// <summary>Ids, reported text and messages, in order of place: whether messages read as they should.</summary>
    public static Task<IReadOnlyList<string>> Messages(params string[] sources) => Messages(new DeclarationAnalyzer(), ModelCompilation.Create("Demo", sources));

    /// <summary>The same with an analyzer of other rules.</summary>
    public static async Task<IReadOnlyList<string>> Messages(DeclarationAnalyzer analyzer, CSharpCompilation compilation)
    {
        Compilation output = ModelCompilation.WithGenerated(compilation);
        ImmutableArray<Diagnostic> found = await output.WithAnalyzers([analyzer]).GetAnalyzerDiagnosticsAsync(CancellationToken.None);
        return
        [
            .. found.OrderBy(diagnostic => diagnostic.Location.SourceSpan.Start).Select(diagnostic =>
                $"{diagnostic.Id} at {diagnostic.Location.SourceTree!.GetText().ToString(diagnostic.Location.SourceSpan)}: {diagnostic.GetMessage(System.Globalization.CultureInfo.InvariantCulture)}"),
        ];
    }

    private static string[] Describe(IEnumerable<Diagnostic> found, Marked[] files)
    {
        Assert.DoesNotContain(found, diagnostic => diagnostic.Id == "AD0001");
        return
        [
            .. found.Select(diagnostic =>
            {
                string path = diagnostic.Location.SourceTree?.FilePath ?? "";
                int file = Enumerable.Range(0, files.Length).Single(index => path.EndsWith($"/File{index}.cs", StringComparison.Ordinal));
                return $"{file}: {files[file].Describe(diagnostic.Id, diagnostic.Location.SourceSpan)}";
            }).Order(StringComparer.Ordinal),
        ];
    }

    private static void AssertReadsTheSame(Compilation before, Compilation after)
    {
        foreach (INamedTypeSymbol type in Types(before.Assembly.GlobalNamespace))
        {
            INamedTypeSymbol same = after.GetTypeByMetadataName(MetadataName(type))!;
            if (KnownNames.IsModel(type)) Assert.Equal(DeclarationReader.ReadModel(type, default), DeclarationReader.ReadModel(same, default));
            if (KnownNames.IsBlock(type)) Assert.Equal(DeclarationReader.ReadBlock(type), DeclarationReader.ReadBlock(same));
        }
    }

    private static void AssertCompilerAgrees(Compilation compilation, IEnumerable<Diagnostic> reported)
    {
        IEnumerable<ModelError> ofModels = Types(compilation.Assembly.GlobalNamespace).Where(KnownNames.IsModel)
            .SelectMany(type => ModelCompiler.Validate(DeclarationReader.ReadModel(type, default)));
        IEnumerable<ModelError> ofBlocks = Types(compilation.Assembly.GlobalNamespace).Where(type => KnownNames.IsBlock(type) && !KnownNames.IsModel(type))
            .SelectMany(type => DeclarationChecks.Check(DeclarationReader.ReadBlock(type), DeclarationReader.Reachable(type, default)));
        string[] compiler = [.. Ids(ofModels.Concat(ofBlocks).Where(error => DiagnosticCatalogue.Find(error.Id).Severity != RuleSeverity.Silent).Select(error => error.Id))];
        string[] analyzer = [.. Ids(reported.Select(diagnostic => diagnostic.Id).Where(id => id != DiagnosticCatalogue.OutsideModel.Id))];
        Assert.Equal(compiler, analyzer);

        static IEnumerable<string> Ids(IEnumerable<string> ids) => ids.Distinct().Order(StringComparer.Ordinal);
    }

    private static IEnumerable<INamedTypeSymbol> Types(INamespaceOrTypeSymbol container)
        => container.GetMembers().OfType<INamespaceOrTypeSymbol>().SelectMany(member => Types(member).Concat(member is INamedTypeSymbol type ? [type] : []));

    private static string MetadataName(INamedTypeSymbol type)
        => type.ContainingType is { } outer ? MetadataName(outer) + "+" + type.MetadataName
            : type.ContainingNamespace.IsGlobalNamespace ? type.MetadataName : type.ContainingNamespace.ToDisplayString() + "." + type.MetadataName;

    private sealed record Marked(string Source, IReadOnlyList<string> Expected)
    {
        public static Marked Parse(string markup)
        {
            TestFileMarkupParser.GetSpans(markup, out string source, out ImmutableDictionary<string, ImmutableArray<TextSpan>> spans);
            Marked file = new(source, []);
            return file with { Expected = [.. spans.SelectMany(pair => pair.Value.Select(span => file.Describe(pair.Key, span)))] };
        }

        // A readable line: when it differs, the message shows where.
        public string Describe(string id, TextSpan span) => $"{id} at {span.Start} '{Source.Substring(span.Start, span.Length)}'";
    }
}
