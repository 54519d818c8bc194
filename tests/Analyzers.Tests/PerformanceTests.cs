using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.TestSupport;

namespace ModelDsl.Analyzers.Tests;

/// <summary>Suggestions, each with a twin that must stay silent: never of an invalid model, at a block's argument only, and as the user configures them.</summary>
public class PerformanceTests
{
    private const string Usings = "using ModelDsl;\nnamespace Demo;\n";

    private const string Hinted = Usings + """
        [Model(Width = 64, Context = 32)]
        public sealed partial class Hinted
        {
            [Ffn(Hidden = 1000)] public partial Ffn Ffn { get; }
        }
        """;

    [Fact]
    public Task HeadsFillVectors() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 960, Context = 32)]
        public sealed partial class Wide
        {
            [Residual, Attention({|MDL5001:Heads = 16|})] public partial Attention First { get; }
            [Residual, Attention(Heads = 15)] public partial Attention Second { get; }
            [Residual, Attention({|MDL5001:HeadWidth = 40|}, Rotary = true)] public partial Attention Third { get; }
            [Residual, Attention(HeadWidth = 48, Rotary = true)] public partial Attention Fourth { get; }
            [Residual, Attention(Heads = 3, {|MDL5001:HeadWidth = 65|})] public partial Attention Fifth { get; }
            [Residual, Attention(Heads = 7, HeadWidth = 64, Rotary = true, RotaryWidth = 20)] public partial Attention Sixth { get; }
        }
        """);

    [Fact]
    public Task PiecesOfAHeadFillVectors() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 960, Context = 32)]
        public sealed partial class Wide
        {
            [Residual, SparkAttention(HeadWidth = 64, TopK = 8, {|MDL5003:PredictorWidth = 24|})] public partial Attention First { get; }
            [Residual, SparkAttention(HeadWidth = 64, TopK = 8)] public partial Attention Second { get; }
            [Residual, {|MDL5003:SparkAttention(Heads = 20, TopK = 8)|}] public partial Attention Third { get; }
            [Residual, SparkAttention(Heads = 20, TopK = 8, PredictorWidth = 16)] public partial Attention Fourth { get; }
            [Residual, SparkAttention({|MDL5001:HeadWidth = 40|}, TopK = 8, PredictorWidth = 20)] public partial Attention Fifth { get; }
            [Residual, SparkAttention(HeadWidth = 16, TopK = 8)] public partial Attention Sixth { get; }
        }

        [Block]
        public sealed partial class Layer
        {
            [Residual, SparkAttention(HeadWidth = 64, TopK = 8, {|MDL5003:PredictorWidth = 33|})] public partial Attention First { get; }
            [Residual, SparkAttention(Heads = 7, TopK = 8, PredictorWidth = 33)] public partial Attention Second { get; }
        }
        """);

    [Fact]
    public Task HiddenColumnsFillVectors() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 64, Context = 32)]
        public sealed partial class Wide
        {
            [Ffn({|MDL5002:Hidden = 100|})] public partial Ffn First { get; }
            [Ffn(Hidden = 112)] public partial Ffn Second { get; }
            [GatedFfn({|MDL5002:HiddenRatio = 8.0 / 3|})] public partial Ffn Third { get; }
            [GatedFfn(HiddenRatio = 2.75)] public partial Ffn Fourth { get; }
            [GatedFfn({|MDL5002:Hidden = 8|})] public partial Ffn Fifth { get; }
            [Ffn(HiddenRatio = 4.001)] public partial Ffn Sixth { get; }
            [SparkFfn({|MDL5002:Hidden = 100|}, Active = 8)] public partial Ffn Seventh { get; }
            [TopKFfn(Hidden = 96, Active = 8)] public partial Ffn Eighth { get; }
        }
        """);

    [Fact]
    public Task ABlockSaysItForItsModels() => AnalyzerHarness.Verify(Usings + """
        [Block]
        public sealed partial class Layer
        {
            [Residual, Attention({|MDL5001:Heads = 4|})] public partial Attention Attention { get; }
            [Residual, Ffn({|MDL5002:HiddenRatio = 3|})] public partial Ffn Ffn { get; }
            [Residual, Ffn({|MDL5002:Hidden = 100|})] public partial Ffn Fixed { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class Fits
        {
            [Repeat(2)] public partial BlockStack<Layer> Layers { get; }
        }

        [Model(Width = 72, Context = 32)]
        public sealed partial class DoesNot
        {
            [Repeat(2)] public partial BlockStack<Layer> Layers { get; }
        }
        """, Usings + """
        [Block]
        public sealed partial class Unused
        {
            [Residual, Attention(Heads = 4)] public partial Attention Attention { get; }
            [Residual, Ffn({|MDL5002:Hidden = 100|})] public partial Ffn Ffn { get; }
        }
        """);

    [Fact]
    public async Task ABlockElsewhereIsNotTheUsersToChange()
    {
        Compilation library = ModelCompilation.WithGenerated(ModelCompilation.Create("Library", [Usings + """
            [Block]
            public sealed partial class Layer
            {
                [Residual, Ffn(Hidden = 100)] public partial Ffn First { get; }
                [Residual, Ffn(HiddenRatio = 1.1)] public partial Ffn Second { get; }
            }
            """]));
        using MemoryStream image = new();
        Assert.True(library.Emit(image).Success);
        CSharpCompilation user = ModelCompilation.Create("Demo", [Usings + """
            [Model(Width = 64, Context = 32)]
            public sealed partial class Lm
            {
                public partial Layer Layer { get; }
                [Residual, Ffn(Hidden = 100)] public partial Ffn Ffn { get; }
            }
            """], MetadataReference.CreateFromImage(image.ToArray()));
        Assert.StartsWith("MDL5002 at Hidden = 100: ", Assert.Single(await AnalyzerHarness.Messages(new DeclarationAnalyzer(), user)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnErrorComesFirst()
    {
        Examined examined = await AnalyzerHarness.Examine(Usings + """
            [Model(Width = 960, Context = 32)]
            public sealed partial class Wrong
            {
                [Residual, Attention(Heads = 16)] public partial Attention First { get; }
                public partial Layer Layer { get; }
                [Residual, Attention(Heads = 7)] public partial Attention Second { get; }
            }

            [Block]
            public sealed partial class Layer
            {
                [Residual, Ffn(HiddenRatio = 1.01)] public partial Ffn Ffn { get; }
            }
            """);
        Assert.Equal("MDL1002", Assert.Single(examined.Shown).Id);
    }

    [Fact]
    public async Task ASuggestionKeepsNoCodeBack()
    {
        Examined examined = await AnalyzerHarness.Examine(Hinted);
        Assert.Equal(DiagnosticSeverity.Info, Assert.Single(examined.Suggested).Severity);
        Assert.Empty(examined.Reported.Concat(examined.OfGenerator).Concat(examined.OfCSharp));
    }

    [Fact]
    public async Task MessagesSayWhatItCosts() => Assert.Equal(
        [
            "MDL5001 at Heads = 16: A head width of 60 is no multiple of 16, so vector lanes stay idle: such widths from 32 to 128 made attention's forward 8 to 18 % slower; nearest: Heads = 15 or Heads = 20 (in 'Lm')",
            "MDL5001 at Heads = 960: A head width of 1 is no multiple of 16, so vector lanes stay idle: such widths from 32 to 128 made attention's forward 8 to 18 % slower; no other Heads gives one here, another width of the model may (in 'Lm')",
            "MDL5002 at Hidden = 1000: 1000 hidden columns are no multiple of 16: the products with them run up to 3 % slower than with 992 or 1008, most just past a multiple",
        ],
        await AnalyzerHarness.Messages(Usings + """
            [Model(Width = 960, Context = 32)]
            public sealed partial class Lm
            {
                [Embedding(Vocabulary = 50_257)] public partial Embedding Tokens { get; }
                [Repeat(2)] public partial BlockStack<Layer> Layers { get; }
                [LanguageHead] public partial Head Head { get; }
            }

            [Block]
            public sealed partial class Layer
            {
                [Residual, Attention(Heads = 16)] public partial Attention First { get; }
                [Residual, Attention(Heads = 960, KeyValueHeads = 960)] public partial Attention Second { get; }
                [Ffn(Hidden = 1000)] public partial Ffn Ffn { get; }
            }
            """));

    [Theory]
    [InlineData("none", null)]
    [InlineData("warning", DiagnosticSeverity.Warning)]
    [InlineData("error", DiagnosticSeverity.Error)]
    public async Task AnEditorConfigSetsTheSeverity(string configured, DiagnosticSeverity? expected)
    {
        CSharpCompilation compilation = ModelCompilation.Create("Demo", [Hinted]);
        EditorConfig config = new($"[*.cs]\ndotnet_diagnostic.{DiagnosticCatalogue.HiddenLanes.Id}.severity = {configured}\n");
        Compilation output = ModelCompilation.WithGenerated(compilation.WithOptions(compilation.Options.WithSyntaxTreeOptionsProvider(config)));
        Diagnostic[] found = [.. await output.WithAnalyzers([new DeclarationAnalyzer()]).GetAnalyzerDiagnosticsAsync(CancellationToken.None)];
        Assert.Equal(expected is { } severity ? [severity] : [], found.Select(diagnostic => diagnostic.Severity));
    }

    // As the compiler reads one that lies above all files.
    private sealed class EditorConfig(string text) : SyntaxTreeOptionsProvider
    {
        private readonly AnalyzerConfigSet set = AnalyzerConfigSet.Create(new[] { AnalyzerConfig.Parse(text, "/.editorconfig") });

        public override GeneratedKind IsGenerated(SyntaxTree tree, CancellationToken cancellationToken) => GeneratedKind.Unknown;

        public override bool TryGetDiagnosticValue(SyntaxTree tree, string diagnosticId, CancellationToken cancellationToken, out ReportDiagnostic severity)
            => set.GetOptionsForSourcePath(tree.FilePath).TreeOptions.TryGetValue(diagnosticId, out severity);

        public override bool TryGetGlobalDiagnosticValue(string diagnosticId, CancellationToken cancellationToken, out ReportDiagnostic severity)
        {
            severity = ReportDiagnostic.Default;
            return false;
        }
    }
}
