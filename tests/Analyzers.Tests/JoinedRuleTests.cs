using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using ModelDsl.Compiler;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.TestSupport;

namespace ModelDsl.Analyzers.Tests;

/// <summary>A rule that joins a model and a block shows in both: editors show live only what lies in the class being edited.</summary>
public class JoinedRuleTests
{
    private const string Usings = "using ModelDsl;\n";

    private const string Block = """
        namespace Demo
        {
            [Block]
            public sealed partial class Inner
            {
                [Attention(Heads = 7)] public partial Attention Attention { get; }
            }

            [Block]
            public sealed partial class Outer
            {
                public partial Inner Inner { get; }
            }
        }

        """;

    private const string Models = """
        [Model(Width = 14, Context = 8)]
        public sealed partial class Fits
        {
            [Repeat(2)] public partial BlockStack<Demo.Inner> Stack { get; }
        }

        [Model(Width = 16, Context = 8)]
        public sealed partial class First
        {
            [RmsNorm] public partial Norm Norm { get; }
            [Repeat(2)] public partial BlockStack<Demo.Outer> Stack { get; }
        }

        [Model(Width = 16, Context = 8)]
        public sealed partial class Second
        {
            public partial Demo.Inner Single { get; }
        }
        """;

    // Stands for any rule of a layer that needs the model's width.
    private static readonly DeclarationAnalyzer Analyzer = new(model => model.Block("Demo.Inner") is null || model.Attribute.Int("Width", 0) % 7 == 0
        ? default
        : new[] { DiagnosticCatalogue.OutOfRange.At(new DeclarationTarget("Demo.Inner", "Attention", "Attention", "Heads"), "Heads", "7", "something else") }.ToEquatableArray());

    [Fact]
    public async Task BothClassesSayIt() => Assert.Equal(
        [
            "MDL1001 at Heads = 7: Heads = 7: it must be something else (in 'First', 'Second')",
            "MDL1001 at Stack: Heads = 7: it must be something else (in 'Inner.Attention', reached from here)",
            "MDL1001 at Single: Heads = 7: it must be something else (in 'Inner.Attention', reached from here)",
        ],
        await AnalyzerHarness.Messages(Analyzer, ModelCompilation.Create("Demo", [Usings + Block + Models])));

    [Fact]
    public async Task TheModelSaysItOfABlockElsewhere()
    {
        Compilation library = ModelCompilation.WithGenerated(ModelCompilation.Create("Library", [Usings + Block]));
        using MemoryStream image = new();
        Assert.True(library.Emit(image).Success);
        CSharpCompilation user = ModelCompilation.Create("Demo", [Usings + Models], MetadataReference.CreateFromImage(image.ToArray()));
        Assert.Equal(["Stack", "Single"], (await AnalyzerHarness.Messages(Analyzer, user)).Select(message => message.Split(' ', ':')[2]));
    }
}
