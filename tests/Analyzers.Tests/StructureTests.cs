namespace ModelDsl.Analyzers.Tests;

/// <summary>Rules about the structure of models and blocks, each with a twin that must stay silent.</summary>
public class StructureTests
{
    private const string Usings = "using ModelDsl;\nnamespace Demo;\n";

    [Fact]
    public Task AHeadNeedsAnEmbedding() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 64, Context = 32)]
        public sealed partial class Headed
        {
            [{|MDL0101:LanguageHead(Vocabulary = 10)|}] public partial Head Head { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class Module
        {
            [RmsNorm] public partial Norm Norm { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class Whole
        {
            [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }
            [LanguageHead] public partial Head Head { get; }
        }
        """);

    [Fact]
    public Task AnEmbeddingNeedsAHead() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 64, Context = 32)]
        public sealed partial class Rooted
        {
            [{|MDL0102:Embedding(Vocabulary = 10)|}] public partial Embedding Tokens { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class Module
        {
            [RmsNorm] public partial Norm Norm { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class Whole
        {
            [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }
            [LanguageHead] public partial Head Head { get; }
        }
        """);

    [Fact]
    public Task BudgetsHold() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 64, Context = 32)]
        [Budget({|MDL0114:Parameters = 1000|}, FlopsPerToken = 1_000_000, {|MDL0114:TrainingBytes = 100_000|}, Batch = 2)]
        public sealed partial class Fat
        {
            [Embedding(Vocabulary = 256)] public partial Embedding Tokens { get; }
            [Ffn(Hidden = 64)] public partial Ffn Ffn { get; }
            [LanguageHead] public partial Head Head { get; }
        }

        [Model(Width = 64, Context = 32)]
        [Budget(Parameters = 41_000, CacheBytesPerToken = 1, TrainingBytes = 3_000_000, Batch = 2, Sequence = 32)]
        public sealed partial class Lean
        {
            [Embedding(Vocabulary = 256)] public partial Embedding Tokens { get; }
            [Ffn(Hidden = 64)] public partial Ffn Ffn { get; }
            [LanguageHead] public partial Head Head { get; }
        }

        [Model(Width = 64, Context = 32)]
        [Budget({|MDL1001:Parameters = 0|}, {|MDL1001:Sequence = 33|}, TrainingBytes = 1)]
        public sealed partial class Wrong
        {
            [Embedding(Vocabulary = 256)] public partial Embedding Tokens { get; }
            [LanguageHead] public partial Head Head { get; }
        }

        [Model(Width = 64, Context = 32)]
        [Budget({|MDL0108:CacheBytesPerToken = 1|}, {|MDL0108:Batch = 2|}, FlopsPerToken = 16_384)]
        public sealed partial class Module
        {
            [Ffn(Hidden = 64)] public partial Ffn Ffn { get; }
        }

        [Model(Width = 64, Context = 32)]
        [{|MDL0108:Budget|}]
        public sealed partial class Boundless
        {
            [RmsNorm] public partial Norm Norm { get; }
        }

        [{|MDL0108:Budget(Parameters = 1)|}]
        public sealed partial class Neither
        {
        }
        """);

    [Fact]
    public Task SizesTogetherAreBounded() => AnalyzerHarness.Verify(Usings + """
        [{|MDL0115:Model(Width = 1_000_000, Context = 32)|}]
        public sealed partial class Huge
        {
            [Repeat(1_000_000)] public partial BlockStack<Layer> Layers { get; }
        }

        [Model({|MDL0109:Width = 20_000_000|}, {|MDL0109:Context = 20_000_000|})]
        public sealed partial class Wide
        {
            [Repeat({|MDL1001:20_000_000|})] public partial BlockStack<Layer> Layers { get; }
        }

        [Model(Width = 8192, Context = 131_072)]
        public sealed partial class Large
        {
            [Repeat(100)] public partial BlockStack<Layer> Layers { get; }
        }

        [Block]
        public sealed partial class Layer
        {
            [Ffn(HiddenRatio = 4)] public partial Ffn Ffn { get; }
        }
        """);

    [Fact]
    public Task EndsStandOnceAtTheEnds() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 64, Context = 32)]
        public sealed partial class Ends
        {
            [RmsNorm] public partial Norm {|MDL0104:Early|} { get; }
            [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }
            [{|MDL0103:Embedding(Vocabulary = 10)|}] public partial Embedding Again { get; }
            [RmsNorm] public partial Norm Norm { get; }
            [LanguageHead] public partial Head Head { get; }
            [RmsNorm] public partial Norm {|MDL0104:Late|} { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class Reversed
        {
            [LanguageHead] public partial Head {|MDL0104:Head|} { get; }
            [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class TwoHeads
        {
            [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }
            [LanguageHead] public partial Head Head { get; }
            [{|MDL0103:LanguageHead|}] public partial Head Again { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class Good
        {
            [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }
            [RmsNorm] public partial Norm First { get; }
            [RmsNorm] public partial Norm Second { get; }
            [LanguageHead] public partial Head Head { get; }
            public int Answer => 42;
        }
        """);

    [Fact]
    public Task AHeadIsTiedToTheEmbedding() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 64, Context = 32)]
        public sealed partial class Tied
        {
            [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }
            [RmsNorm] public partial Norm Norm { get; }
            [LanguageHead({|MDL0105:TiedTo = nameof(Norm)|})] public partial Head Head { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class Unknown
        {
            [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }
            [LanguageHead({|MDL0105:TiedTo = "tokens"|})] public partial Head Head { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class Good
        {
            [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }
            [LanguageHead(TiedTo = nameof(Tokens))] public partial Head Head { get; }
        }
        """);

    [Fact]
    public Task AStackHasACount() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 64, Context = 32)]
        public sealed partial class Stacks
        {
            [Repeat({|MDL0106:0|})] public partial BlockStack<Small> None { get; }
            public partial BlockStack<Small> {|MDL0107:Uncounted|} { get; }
            [Repeat(2)] public partial BlockStack<string> {|MDL0111:Strings|} { get; }
            [{|MDL0108:Repeat(2)|}] public partial Small Single { get; }
            [Repeat({|MDL0106:count: -1|})] public partial BlockStack<Small> Negative { get; }
            [Repeat(1)] public partial BlockStack<Small> Good { get; }
            public partial Small One { get; }
        }

        [Block]
        public sealed partial class Small
        {
            [RmsNorm] public partial Norm Norm { get; }
        }
        """);

    [Fact]
    public Task AModifierHasAnEffect() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 64, Context = 32)]
        public sealed partial class Modifiers
        {
            [Embedding(Vocabulary = 10), {|MDL0108:Residual|}] public partial Embedding Tokens { get; }
            [{|MDL0108:PreNorm|}, RmsNorm] public partial Norm Norm { get; }
            [Repeat(2), {|MDL0108:Residual|}] public partial BlockStack<Small> Blocks { get; }
            [PreNorm, PostNorm, Residual, Attention(Heads = 2)] public partial Attention Attention { get; }
            [LanguageHead] public partial Head Head { get; }
        }

        [Block]
        public sealed partial class Small
        {
            [RmsNorm] public partial Norm Norm { get; }
        }
        """);

    [Fact]
    public Task AModelHasSizes() => AnalyzerHarness.Verify(Usings + """
        [Model({|MDL0109:Width = 0|}, {|MDL0109:Context = -1|})]
        public sealed partial class Sizes
        {
            [RmsNorm] public partial Norm Norm { get; }
        }

        [{|MDL0109:Model(Width = 8)|}]
        public sealed partial class Missing
        {
            [RmsNorm] public partial Norm Norm { get; }
        }

        [Model(Width = 1, Context = 1)]
        public sealed partial class Least
        {
            [RmsNorm] public partial Norm Norm { get; }
        }
        """);

    [Fact]
    public Task ABlockDoesNotContainItself() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 64, Context = 32)]
        public sealed partial class Cyclic
        {
            [Repeat(2)] public partial BlockStack<First> Blocks { get; }
        }

        [Block]
        public sealed partial class First
        {
            public partial Second {|MDL0110:Inner|} { get; }
        }

        [Block]
        public sealed partial class Second
        {
            [Repeat(2)] public partial BlockStack<First> {|MDL0110:Inner|} { get; }
            public partial Leaf Leaf { get; }
        }

        [Block]
        public sealed partial class Twice
        {
            public partial Leaf First { get; }
            public partial Pair Second { get; }
            public Twice Self => this;
        }

        [Block]
        public sealed partial class Pair
        {
            [Repeat(2)] public partial BlockStack<Leaf> Leaves { get; }
        }

        [Block]
        public sealed partial class Leaf
        {
            [RmsNorm] public partial Norm Norm { get; }
        }
        """);

    [Fact]
    public Task AClassHasLayers() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 64, Context = 32)]
        public sealed partial class {|MDL0112:Nothing|}
        {
            public int Answer => 42;
        }

        [Block]
        public sealed partial class {|MDL0112:Void|}
        {
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class Module
        {
            [RmsNorm] public partial Norm Norm { get; }
        }
        """);

    [Fact]
    public Task EndsStandInModels() => AnalyzerHarness.Verify(Usings + """
        [Block]
        public sealed partial class Ends
        {
            [{|MDL0113:Embedding(Vocabulary = 10)|}] public partial Embedding Tokens { get; }
            [{|MDL0113:LanguageHead|}] public partial Head Head { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class Whole
        {
            [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }
            [LanguageHead] public partial Head Head { get; }
        }
        """);

    [Fact]
    public async Task MessagesTellHowToMend()
    {
        IReadOnlyList<string> messages = await AnalyzerHarness.Messages(Usings + """
            [Model(Width = 64, Context = 32)]
            public sealed partial class Wrong
            {
                [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }
                [Attention(Heads = 2)] public partial Ffn Mixed { get; }
                public partial Ffn Bare { get; }
                [LanguageHead(TiedTo = "Token")] public partial Head Head { get; }
            }
            """);
        Assert.Equal(
            [
                "MDL0007 at Mixed: 'Mixed' has type 'Ffn', but [Attention] declares a layer of type 'Attention'",
                "MDL0009 at Bare: 'Bare' declares no layer: put [Ffn] or [GatedFfn] or [SparkFfn] or [TopKFfn] on it",
                "MDL0105 at TiedTo = \"Token\": 'Head' is tied to 'Token', which is no embedding of 'Wrong': its embedding is 'Tokens'",
            ],
            messages);
    }
}
