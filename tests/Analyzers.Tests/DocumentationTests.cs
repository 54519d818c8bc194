using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using ModelDsl.TestSupport;

namespace ModelDsl.Analyzers.Tests;

/// <summary>The code in the README and the documents compiles, what is said to be reported is, and what is said to be generated is.</summary>
public class DocumentationTests
{
    public static TheoryData<string> Documents => [.. Document.Paths];

    [Theory]
    [MemberData(nameof(Documents))]
    public void CodeCompiles(string path) => Assert.Equal("", string.Join("\n", ModelCompilation.Problems(Generated(path))));

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task WrongCodeIsReportedAsWritten(string path)
    {
        foreach ((string code, string messages) in Document.Read(path).Wrong)
            Assert.Equal(messages.TrimEnd('\n').Split('\n'), await AnalyzerHarness.Messages("using ModelDsl;\n" + code));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void ExcerptsAreOfGeneratedFiles(string path)
    {
        string[] files = [.. Generated(path).SyntaxTrees.Select(tree => Unindented(tree.ToString()))];
        Assert.All(Document.Read(path).Generated, excerpt => Assert.Contains(files, file => file.Contains(Unindented(excerpt), StringComparison.Ordinal)));
    }

    private static Compilation Generated(string path)
    {
        Document document = Document.Read(path);
        CSharpCompilation compilation = ModelCompilation.Create("Document", [document.Program], MetadataReference.CreateFromFile(typeof(ModelChecks).Assembly.Location));
        OutputKind kind = document.HasStatements ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary;
        return ModelCompilation.WithGenerated(compilation.WithOptions(compilation.Options.WithOutputKind(kind)));
    }

    private static string Unindented(string text) => string.Join("\n", text.ReplaceLineEndings("\n").Split('\n').Select(line => line.Trim()));
}
