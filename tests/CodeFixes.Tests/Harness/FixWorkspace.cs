using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using ModelDsl.Analyzers;
using ModelDsl.Generators;
using ModelDsl.TestSupport;

namespace ModelDsl.CodeFixes.Tests;

/// <summary>A user's project as an editor holds it: documents, the generator that runs on them, the analyzer's diagnostics and the code fixes.</summary>
internal sealed class FixWorkspace : IDisposable
{
    private readonly AdhocWorkspace workspace = new();

    /// <summary>A project of sources, each a file.</summary>
    public FixWorkspace(params string[] sources) : this([], sources)
    {
    }

    /// <summary>A project with further references.</summary>
    public FixWorkspace(MetadataReference[] further, string[] sources)
    {
        ProjectInfo info = ProjectInfo.Create(
            ProjectId.CreateNewId(), VersionStamp.Default, "Demo", "Demo", LanguageNames.CSharp,
            compilationOptions: new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable),
            parseOptions: ModelCompilation.ParseOptions,
            metadataReferences: ModelCompilation.References.AddRange(further),
            analyzerReferences: [new GeneratorReference()]);
        Project project = workspace.CurrentSolution.AddProject(info).GetProject(info.Id)!;
        for (int file = 0; file < sources.Length; file++) project = project.AddDocument($"File{file}.cs", sources[file], filePath: $"/src/Demo/File{file}.cs").Project;
        Project = project;
    }

    /// <summary>The project as it was given.</summary>
    public Project Project { get; }

    /// <summary>What the analyzer reports, in order of place.</summary>
    public static async Task<Diagnostic[]> Diagnostics(Project project)
    {
        Compilation compilation = (await project.GetCompilationAsync())!;
        ImmutableArray<Diagnostic> found = await compilation.WithAnalyzers([new DeclarationAnalyzer()]).GetAnalyzerDiagnosticsAsync(CancellationToken.None);
        return [.. found.OrderBy(diagnostic => diagnostic.Location.SourceTree!.FilePath, StringComparer.Ordinal).ThenBy(diagnostic => diagnostic.Location.SourceSpan.Start)];
    }

    /// <summary>Ids of C#'s errors, the generator's own included.</summary>
    public static async Task<string[]> ErrorsOfCSharp(Project project)
        => [.. (await project.GetCompilationAsync())!.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(diagnostic => diagnostic.ToString())];

    /// <summary>What is offered for a diagnostic.</summary>
    public async Task<CodeAction[]> Offers(Diagnostic diagnostic)
    {
        List<CodeAction> actions = [];
        Document document = Project.GetDocument(diagnostic.Location.SourceTree)!;
        await new DeclarationCodeFixProvider().RegisterCodeFixesAsync(new CodeFixContext(document, diagnostic, (action, _) => actions.Add(action), CancellationToken.None));
        return [.. actions];
    }

    /// <summary>The project after an action.</summary>
    public async Task<Project> After(CodeAction action)
    {
        ImmutableArray<CodeActionOperation> operations = await action.GetOperationsAsync(CancellationToken.None);
        return Assert.Single(operations.OfType<ApplyChangesOperation>()).ChangedSolution.GetProject(Project.Id)!;
    }

    /// <summary>The files' texts.</summary>
    public static async Task<string[]> Texts(Project project)
        => await Task.WhenAll(project.Documents.OrderBy(document => document.Name, StringComparer.Ordinal).Select(async document => (await document.GetTextAsync()).ToString()));

    public void Dispose() => workspace.Dispose();

    private sealed class GeneratorReference : AnalyzerReference
    {
        // The workspace finds a generator again by its instance.
        private readonly ImmutableArray<ISourceGenerator> generators = [new ModelGenerator().AsSourceGenerator()];

        public override string FullPath => typeof(ModelGenerator).Assembly.Location;

        public override object Id => typeof(ModelGenerator);

        public override ImmutableArray<DiagnosticAnalyzer> GetAnalyzers(string language) => [];

        public override ImmutableArray<DiagnosticAnalyzer> GetAnalyzersForAllLanguages() => [];

        public override ImmutableArray<ISourceGenerator> GetGenerators(string language) => generators;

        public override ImmutableArray<ISourceGenerator> GetGeneratorsForAllLanguages() => generators;
    }
}
