using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;
using Microsoft.CodeAnalysis.Text;
using ModelDsl.Compiler;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Generators;
using ModelDsl.TestSupport;

namespace ModelDsl.Analyzers.Tests;

/// <summary>
/// Checks what the analyzer reports on sources with markup: <c>{|MDL0001:Name|}</c>. Suggestions count where the markup has one, as the small models of other tests would
/// be full of them. Each check also asserts what <see cref="Examine"/> does, and that C# has no errors but those expected.
/// </summary>
internal static class AnalyzerHarness
{
    /// <summary>Checks sources, each a file, in a user's project.</summary>
    public static Task Verify(params string[] markup) => Verify([], markup);

    /// <summary>Checks sources that have errors of C# too.</summary>
    public static async Task Verify(string[] errorsOfCSharp, params string[] markup)
    {
        Marked[] files = [.. markup.Select(Marked.Parse)];
        Examined examined = await Examine([.. files.Select(file => file.Source)]);
        bool ofSuggestions = files.SelectMany(file => file.Expected).Any(found => DiagnosticCatalogue.Find(found.Split(' ')[0]).Severity == RuleSeverity.Suggestion);
        string[] expected = [.. files.SelectMany((file, index) => file.Expected.Select(found => $"{index}: {found}")).Order(StringComparer.Ordinal)];
        Assert.Equal(expected, Describe(ofSuggestions ? examined.Shown : examined.Reported));
        Assert.Equal(errorsOfCSharp, examined.OfCSharp.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(diagnostic => diagnostic.Id).Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>
    /// What is reported on sources, each a file, in a user's project. Asserts that an editor sees the same live, that the generator's output does not
    /// change what is read, and that the compiler and the generator find the same.
    /// </summary>
    public static async Task<Examined> Examine(params string[] sources)
    {
        CSharpCompilation compilation = ModelCompilation.Create("Demo", sources);
        Compilation output = ModelCompilation.WithGenerated(compilation, out ImmutableArray<Diagnostic> ofGenerator);
        CompilationWithAnalyzers analysis = output.WithAnalyzers([new DeclarationAnalyzer()]);
        ImmutableArray<Diagnostic> whole = await analysis.GetAnalyzerDiagnosticsAsync(CancellationToken.None);
        List<Diagnostic> live = [];
        foreach (SyntaxTree tree in output.SyntaxTrees)
            live.AddRange(await analysis.GetAnalyzerSemanticDiagnosticsAsync(output.GetSemanticModel(tree), null, CancellationToken.None));
        Assert.Equal(Describe(whole), Describe(live));

        // Where the text does not parse, a namespace may have no name for the generated part to repeat.
        if (!compilation.SyntaxTrees.SelectMany(tree => tree.GetDiagnostics()).Any()) AssertReadsTheSame(compilation, output);
        AssertCompilerAgrees(compilation, whole, ofGenerator);
        return new Examined(
            [.. whole.Where(diagnostic => diagnostic.Severity > DiagnosticSeverity.Info)], [.. whole.Where(diagnostic => diagnostic.Severity <= DiagnosticSeverity.Info)], ofGenerator, output);
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
                $"{diagnostic.Id} at {diagnostic.Location.SourceTree!.GetText().ToString(diagnostic.Location.SourceSpan)}: {diagnostic.GetMessage(CultureInfo.InvariantCulture)}"),
        ];
    }

    private static string[] Describe(IEnumerable<Diagnostic> found)
    {
        Assert.DoesNotContain(found, diagnostic => diagnostic.Id == "AD0001");
        return
        [
            .. found.Select(diagnostic =>
            {
                SyntaxTree tree = diagnostic.Location.SourceTree!;
                string file = Path.GetFileNameWithoutExtension(tree.FilePath)["File".Length..];
                return $"{file}: {Marked.Describe(diagnostic.Id, tree.ToString(), diagnostic.Location.SourceSpan)}";
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

    private static void AssertCompilerAgrees(Compilation compilation, IEnumerable<Diagnostic> reported, IEnumerable<Diagnostic> ofGenerator)
    {
        IEnumerable<IEnumerable<ModelError>> ofModels = Types(compilation.Assembly.GlobalNamespace).Where(KnownNames.IsModel)
            .Select(type => (IEnumerable<ModelError>)ModelCompiler.Inspect(DeclarationReader.ReadModel(type, default)));
        IEnumerable<IEnumerable<ModelError>> ofBlocks = Types(compilation.Assembly.GlobalNamespace).Where(type => KnownNames.IsBlock(type) && !KnownNames.IsModel(type))
            .Select(type => (IEnumerable<ModelError>)ModelCompiler.Inspect(DeclarationReader.ReadBlock(type), DeclarationReader.Reachable(type, default)));
        ModelError[][] visible =
        [
            .. ofModels.Concat(ofBlocks)
                .Select(errors => errors.Where(error => DiagnosticCatalogue.Find(error.Id).Severity != RuleSeverity.Silent).ToArray())
                .Where(errors => errors.Length > 0),
        ];
        Assert.Equal(Ids(visible.SelectMany(errors => errors).Select(error => error.Id)), Ids(reported.Select(diagnostic => diagnostic.Id).Where(id => id != DiagnosticCatalogue.OutsideModel.Id)));

        // One error of the generator for each invalid class, naming the first rule it breaks, and none for suggestions.
        ModelError[][] invalid = [.. visible.Where(errors => errors.Any(error => DiagnosticCatalogue.Find(error.Id).Severity == RuleSeverity.Error))];
        Assert.Equal(
            invalid.Select(errors => errors[0]).Select(error => $"{DiagnosticCatalogue.DoesNotCompile.Id}: '{error.Target.Type}' is invalid and got no code: {error.Id}: {DiagnosticCatalogue.Format(error)}").Order(StringComparer.Ordinal),
            ofGenerator.Select(diagnostic => diagnostic.Id + ": " + diagnostic.GetMessage(CultureInfo.InvariantCulture)).Order(StringComparer.Ordinal));

        static IEnumerable<string> Ids(IEnumerable<string> ids) => ids.Distinct().Order(StringComparer.Ordinal);
    }

    // Attributes on other types are left to C#.
    private static IEnumerable<INamedTypeSymbol> Types(INamespaceOrTypeSymbol container) => All(container).Where(type => type.TypeKind == TypeKind.Class);

    private static IEnumerable<INamedTypeSymbol> All(INamespaceOrTypeSymbol container)
        => container.GetMembers().OfType<INamespaceOrTypeSymbol>().SelectMany(member => All(member).Concat(member is INamedTypeSymbol type ? [type] : []));

    private static string MetadataName(INamedTypeSymbol type)
        => type.ContainingType is { } outer ? MetadataName(outer) + "+" + type.MetadataName
            : type.ContainingNamespace.IsGlobalNamespace ? type.MetadataName : type.ContainingNamespace.ToDisplayString() + "." + type.MetadataName;

    private sealed record Marked(string Source, IReadOnlyList<string> Expected)
    {
        public static Marked Parse(string markup)
        {
            TestFileMarkupParser.GetSpans(markup, out string source, out ImmutableDictionary<string, ImmutableArray<TextSpan>> spans);
            Marked file = new(source, []);
            return file with { Expected = [.. spans.SelectMany(pair => pair.Value.Select(span => Describe(pair.Key, source, span)))] };
        }

        // A readable line: when it differs, the message shows where.
        public static string Describe(string id, string source, TextSpan span) => $"{id} at {span.Start} '{source.Substring(span.Start, span.Length)}'";
    }
}
