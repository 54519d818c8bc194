using System.Collections.Immutable;
using Basic.Reference.Assemblies;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;
using ModelDsl.Generators;

namespace ModelDsl.TestSupport;

/// <summary>Compilations as a user's project has them: .NET 10, implicit usings, nullable, attributes and runtime referenced.</summary>
internal static class ModelCompilation
{
    /// <summary>How sources are parsed.</summary>
    public static readonly CSharpParseOptions ParseOptions = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.CSharp14)
        .WithDocumentationMode(DocumentationMode.Diagnose);

    private const string ImplicitUsings = """
        global using global::System;
        global using global::System.Collections.Generic;
        global using global::System.IO;
        global using global::System.Linq;
        global using global::System.Net.Http;
        global using global::System.Threading;
        global using global::System.Threading.Tasks;
        """;

    /// <summary>References of a user's project.</summary>
    public static ImmutableArray<MetadataReference> References { get; } =
    [
        .. Net100.References.All,
        MetadataReference.CreateFromFile(typeof(ModelAttribute).Assembly.Location),
        MetadataReference.CreateFromFile(typeof(ModelInstance).Assembly.Location),
    ];

    /// <summary>A compilation of sources, each a file.</summary>
    public static CSharpCompilation Create(string assembly, IEnumerable<string> sources, params MetadataReference[] further) => CSharpCompilation.Create(
        assembly,
        sources.Select((source, index) => Parse(source, $"/src/{assembly}/File{index}.cs")).Prepend(Parse(ImplicitUsings, $"/src/{assembly}/GlobalUsings.g.cs")),
        References.AddRange(further),
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable));

    /// <summary>Parses a file.</summary>
    public static SyntaxTree Parse(string source, string path) => CSharpSyntaxTree.ParseText(SourceText.From(source, System.Text.Encoding.UTF8), ParseOptions, path);

    /// <summary>A driver of the generator.</summary>
    /// <param name="asEditor">Leaves implementation-only outputs out, as an editor does.</param>
    public static GeneratorDriver Driver(bool asEditor = false) => CSharpGeneratorDriver.Create(
        [new ModelGenerator().AsSourceGenerator()],
        parseOptions: ParseOptions,
        driverOptions: new GeneratorDriverOptions(
            asEditor ? IncrementalGeneratorOutputKind.Implementation : IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    /// <summary>The compilation with what the generator adds.</summary>
    public static Compilation WithGenerated(Compilation compilation) => WithGenerated(compilation, out _);

    /// <summary>The compilation with what the generator adds, and what it reports.</summary>
    public static Compilation WithGenerated(Compilation compilation, out ImmutableArray<Diagnostic> reported)
    {
        Driver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out reported);
        return output;
    }

    /// <summary>Warnings and errors, the generator's own included, each with its file and line.</summary>
    public static IReadOnlyList<string> Problems(Compilation compilation) =>
    [
        .. compilation.GetDiagnostics()
            .Where(IsProblem)
            .Select(static diagnostic => diagnostic.ToString())
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Whether it is a warning or an error; test sources need no documentation.</summary>
    public static bool IsProblem(Diagnostic diagnostic) => diagnostic.Severity >= DiagnosticSeverity.Warning && diagnostic.Id != "CS1591";
}
