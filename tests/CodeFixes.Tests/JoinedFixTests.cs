using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using ModelDsl.TestSupport;

namespace ModelDsl.CodeFixes.Tests;

/// <summary>What a model's width breaks in a block is mended in the block, from either place where it is reported.</summary>
public class JoinedFixTests
{
    private const string Model = """
        [Model(Width = 60, Context = 32)]
        public sealed partial class Wide
        {
            [Repeat(2)] public partial BlockStack<Layer> Layers { get; }
        }
        """;

    [Fact]
    public async Task FromModelAndBlock()
    {
        using FixWorkspace workspace = new(FixHarness.Usings + Model, FixHarness.Usings + Block(7));
        Diagnostic[] diagnostics = await FixWorkspace.Diagnostics(workspace.Project);
        Assert.Equal(["MDL1002 in File0.cs", "MDL1002 in File1.cs"], diagnostics.Select(found => $"{found.Id} in {Path.GetFileName(found.Location.SourceTree!.FilePath)}"));
        foreach (Diagnostic diagnostic in diagnostics)
        {
            CodeAction[] offers = await workspace.Offers(diagnostic);
            Assert.Equal(["Use Heads = 6", "Use Heads = 10"], offers.Select(offer => offer.Title));
            Project changed = await workspace.After(offers[1]);
            Assert.Equal([FixHarness.Usings + Model, FixHarness.Usings + Block(10)], await FixWorkspace.Texts(changed));
            await FixHarness.AssertMended(changed, "MDL1002", []);
        }
    }

    [Fact]
    public async Task NotInAnotherAssembly()
    {
        using MemoryStream image = new();
        Assert.True(ModelCompilation.WithGenerated(ModelCompilation.Create("Library", [FixHarness.Usings + Block(7)])).Emit(image).Success);
        using FixWorkspace workspace = new([MetadataReference.CreateFromImage(image.ToArray())], [FixHarness.Usings + Model]);
        Diagnostic diagnostic = Assert.Single(await FixWorkspace.Diagnostics(workspace.Project));
        Assert.Equal("MDL1002", diagnostic.Id);
        Assert.Empty(await workspace.Offers(diagnostic));
    }

    [Fact]
    public Task ASuggestionIsTakenInTheBlock() => FixHarness.Offers("MDL5001", Wider + Block(4), ("Use Heads = 5", Wider + Block(5)), ("Use Heads = 2", Wider + Block(2)));

    [Fact]
    public Task AllAtOnce() => FixHarness.All("MDL1002", [Model, Block(7)], [Model, Block(6)]);

    private static string Wider => Model.Replace("60", "160", StringComparison.Ordinal) + "\n";

    private static string Block(int heads) => $$"""
        [Block]
        public sealed partial class Layer
        {
            [Residual, Attention(Heads = {{heads}})] public partial Attention Attention { get; }
        }
        """;
}
