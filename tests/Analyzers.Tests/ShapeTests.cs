namespace ModelDsl.Analyzers.Tests;

/// <summary>Rules about sizes and shapes, each with a twin that must stay silent. What a model's width breaks in a block shows in both: at the model's layer that leads there and in the block.</summary>
public class ShapeTests
{
    private const string Usings = "using ModelDsl;\nnamespace Demo;\n";

    [Fact]
    public Task ValuesAreInRange() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 64, Context = 32)]
        public sealed partial class Ranges
        {
            [RmsNorm({|MDL1001:Epsilon = 0|})] public partial Norm First { get; }
            [RmsNorm(Epsilon = 1e-6)] public partial Norm Second { get; }
            [Residual, PreNorm({|MDL1001:Epsilon = -1|}), Attention(Heads = 4, {|MDL1001:Window = 0|}, {|MDL1001:SoftCap = -1|}, Rotary = true, {|MDL1001:RotaryTheta = 0|})] public partial Attention Third { get; }
            [Residual, Attention(Heads = 4, Window = 1, SoftCap = 30)] public partial Attention Fourth { get; }
            [Residual, Attention({|MDL1001:Heads = 0|})] public partial Attention Fifth { get; }
            [Ffn({|MDL1001:Hidden = 0|})] public partial Ffn Sixth { get; }
            [Ffn({|MDL1001:HiddenRatio = 0.001|})] public partial Ffn Seventh { get; }
            [Ffn(HiddenRatio = 0.02)] public partial Ffn Eighth { get; }
            [Residual, Attention(Heads = 1, KeyValueHeads = 1, HeadWidth = 2, Rotary = true, RotaryWidth = 2, SoftCap = 0)] public partial Attention Ninth { get; }
            [Residual, Attention(Heads = 4, {|MDL1001:KeyValueHeads = 0|})] public partial Attention Tenth { get; }
            [Residual, Attention({|MDL1001:HeadWidth = 0|})] public partial Attention Eleventh { get; }
            [Residual, Attention(Heads = 4, Rotary = true, {|MDL1001:RotaryWidth = 0|})] public partial Attention Twelfth { get; }
            [Ffn(Hidden = 1)] public partial Ffn Thirteenth { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class OneToken
        {
            [Embedding({|MDL1001:Vocabulary = 1|})] public partial Embedding Tokens { get; }
            [LanguageHead({|MDL1001:SoftCap = -1|})] public partial Head Head { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class TwoTokens
        {
            [Embedding(Vocabulary = 2)] public partial Embedding Tokens { get; }
            [LanguageHead(SoftCap = 30)] public partial Head Head { get; }
        }
        """);

    [Fact]
    public Task ArgumentsWithoutEffectAreNamed() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 64, Context = 32)]
        public sealed partial class Useless
        {
            [PreNorm({|MDL0108:Bias = false|}), Ffn(Hidden = 8)] public partial Ffn First { get; }
            [PostNorm(NormKind.LayerNorm, Bias = false), Ffn(Hidden = 8)] public partial Ffn Second { get; }
            [PostNorm({|MDL0108:InsideResidual = true|}), Ffn(Hidden = 8)] public partial Ffn Fifth { get; }
            [PostNorm(InsideResidual = true), Residual, Ffn(Hidden = 8)] public partial Ffn Sixth { get; }
            [Attention(Heads = 4, {|MDL0108:RotaryTheta = 500000|}, {|MDL0108:RotaryWidth = 8|})] public partial Attention Third { get; }
            [Attention(Heads = 4, Rotary = true, RotaryTheta = 500000, RotaryWidth = 8)] public partial Attention Fourth { get; }
        }
        """);

    [Fact]
    public Task TheWidthDividesIntoHeads() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 60, Context = 32)]
        public sealed partial class Heads
        {
            [Residual, Attention({|MDL1002:Heads = 7|})] public partial Attention First { get; }
            [Residual, Attention({|MDL1002:HeadWidth = 32|})] public partial Attention Second { get; }
            [Residual, Attention(Heads = 6)] public partial Attention Third { get; }
            [Residual, Attention(Heads = 7, HeadWidth = 32)] public partial Attention Fourth { get; }
        }
        """);

    [Fact]
    public Task AModelsWidthShowsWhereItMeetsTheBlock() => AnalyzerHarness.Verify(Usings + """
        [Block]
        public sealed partial class Layer
        {
            [Residual, Attention({|MDL1002:Heads = 6|})] public partial Attention Attention { get; }
        }

        [Model(Width = 60, Context = 32)]
        public sealed partial class Fits
        {
            [Repeat(2)] public partial BlockStack<Layer> Layers { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class DoesNot
        {
            [Repeat(2)] public partial BlockStack<Layer> {|MDL1002:Layers|} { get; }
        }
        """);

    [Fact]
    public Task QueryHeadsShareKeyValueHeads() => AnalyzerHarness.Verify(Usings + """
        [Block]
        public sealed partial class Shared
        {
            [Residual, Attention(Heads = 6, {|MDL1003:KeyValueHeads = 4|})] public partial Attention First { get; }
            [Residual, Attention(Heads = 6, KeyValueHeads = 3)] public partial Attention Second { get; }
        }
        """);

    [Fact]
    public Task RotaryWidthIsEvenAndFits() => AnalyzerHarness.Verify(Usings + """
        [Block]
        public sealed partial class Turned
        {
            [Residual, Attention(Heads = 2, {|MDL1004:HeadWidth = 5|}, Rotary = true)] public partial Attention First { get; }
            [Residual, Attention(Heads = 2, HeadWidth = 8, Rotary = true, {|MDL1004:RotaryWidth = 3|})] public partial Attention Second { get; }
            [Residual, Attention(Heads = 2, HeadWidth = 8, Rotary = true, {|MDL1004:RotaryWidth = 10|})] public partial Attention Third { get; }
            [Residual, Attention(Heads = 2, HeadWidth = 8, Rotary = true, RotaryWidth = 4)] public partial Attention Fourth { get; }
            [Residual, Attention(Heads = 2, HeadWidth = 5)] public partial Attention Fifth { get; }
        }
        """);

    [Fact]
    public Task SelectionsAreAtLeastOneKey() => AnalyzerHarness.Verify(Usings + """
        [Block]
        public sealed partial class Selections
        {
            [Residual, TopKAttention(Heads = 2, HeadWidth = 16, {|MDL1001:TopK = 0|})] public partial Attention First { get; }
            [Residual, {|MDL1008:TopKAttention(Heads = 2, HeadWidth = 16)|}] public partial Attention Second { get; }
            [Residual, SparkAttention(Heads = 2, HeadWidth = 16, {|MDL1001:TopK = -1|})] public partial Attention Third { get; }
            [Residual, {|MDL1008:SparkAttention(Heads = 2, HeadWidth = 16)|}] public partial Attention Fourth { get; }
            [Residual, {|MDL1008:SparkAttention(TopK = 8)|}] public partial Attention Fifth { get; }
            [Residual, TopKAttention(Heads = 2, HeadWidth = 16, TopK = 1, Window = 4, SoftCap = 3, Deviation = Deviation.Population)] public partial Attention Sixth { get; }
            [Residual, SparkAttention(Heads = 2, {|MDL1003:KeyValueHeads = 3|}, HeadWidth = 16, TopK = 1)] public partial Attention Seventh { get; }
            [Residual, SparkAttention(Heads = 2, HeadWidth = 16, TopK = 1)] public partial Attention Eighth { get; }
        }
        """);

    [Fact]
    public Task APredictorLeavesColumnsToWeight() => AnalyzerHarness.Verify(Usings + """
        [Block]
        public sealed partial class Split
        {
            [Residual, SparkAttention(Heads = 2, HeadWidth = 16, TopK = 4, {|MDL1001:PredictorWidth = 0|})] public partial Attention First { get; }
            [Residual, SparkAttention(Heads = 2, HeadWidth = 16, TopK = 4, {|MDL1001:PredictorWidth = 16|})] public partial Attention Second { get; }
            [Residual, SparkAttention(Heads = 2, {|MDL1001:HeadWidth = 1|}, TopK = 4)] public partial Attention Third { get; }
            [Residual, SparkAttention(Heads = 2, HeadWidth = 16, TopK = 4, PredictorWidth = 1)] public partial Attention Fourth { get; }
            [Residual, SparkAttention(Heads = 2, HeadWidth = 16, TopK = 4, PredictorWidth = 15)] public partial Attention Fifth { get; }
            [Residual, SparkAttention(Heads = 2, HeadWidth = 2, TopK = 4)] public partial Attention Sixth { get; }
        }

        [Model(Width = 32, Context = 8)]
        public sealed partial class Sized
        {
            [Residual, SparkAttention(Heads = 4, TopK = 4, {|MDL1001:PredictorWidth = 8|})] public partial Attention First { get; }
            [Residual, SparkAttention({|MDL1001:Heads = 32|}, TopK = 4)] public partial Attention Second { get; }
            [Residual, SparkAttention(Heads = 4, TopK = 4, PredictorWidth = 7)] public partial Attention Third { get; }
        }
        """);

    [Fact]
    public Task PiecesOfAHeadTurnInPairs() => AnalyzerHarness.Verify(Usings + """
        [Block]
        public sealed partial class Pieces
        {
            [Residual, SparkAttention(Heads = 2, HeadWidth = 16, TopK = 4, Rotary = true, {|MDL1004:PredictorWidth = 5|})] public partial Attention First { get; }
            [Residual, SparkAttention(Heads = 2, {|MDL1004:HeadWidth = 6|}, TopK = 4, Rotary = true)] public partial Attention Second { get; }
            [Residual, SparkAttention(Heads = 2, HeadWidth = 16, TopK = 4, Rotary = true, PredictorWidth = 4, {|MDL1004:RotaryWidth = 6|})] public partial Attention Third { get; }
            [Residual, SparkAttention(Heads = 2, HeadWidth = 16, TopK = 4, Rotary = true, PredictorWidth = 12, {|MDL1004:RotaryWidth = 3|})] public partial Attention Fourth { get; }
            [Residual, SparkAttention(Heads = 2, HeadWidth = 16, TopK = 4, Rotary = true, PredictorWidth = 5, RotaryWidth = 4)] public partial Attention Fifth { get; }
            [Residual, SparkAttention(Heads = 2, HeadWidth = 16, TopK = 4, Rotary = true, PredictorWidth = 6)] public partial Attention Sixth { get; }
            [Residual, TopKAttention(Heads = 2, HeadWidth = 6, TopK = 4, Rotary = true)] public partial Attention Seventh { get; }
        }
        """);

    [Fact]
    public Task AHeadHasTheEmbeddingsVocabulary() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 64, Context = 32)]
        public sealed partial class Tied
        {
            [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }
            [Residual, Attention(Heads = 2, {|MDL1006:Causal = false|})] public partial Attention Attention { get; }
            [LanguageHead(TiedTo = nameof(Tokens), {|MDL1005:Vocabulary = 11|})] public partial Head Head { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class Untied
        {
            [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }
            [Residual, Attention(Heads = 2)] public partial Attention Attention { get; }
            [LanguageHead({|MDL1005:Vocabulary = 11|})] public partial Head Head { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class Good
        {
            [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }
            [Residual, Attention(Heads = 2, Causal = true)] public partial Attention Attention { get; }
            [LanguageHead(TiedTo = nameof(Tokens), Vocabulary = 10)] public partial Head Head { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class Module
        {
            [Residual, Attention(Heads = 2, Causal = false)] public partial Attention Attention { get; }
        }
        """);

    [Fact]
    public Task AWindowIsCausal() => AnalyzerHarness.Verify(Usings + """
        [Block]
        public sealed partial class Local
        {
            [Residual, Attention(Heads = 2, Causal = false, {|MDL1009:Window = 4|})] public partial Attention First { get; }
            [Residual, Attention(Heads = 2, Window = 4)] public partial Attention Second { get; }
            [Residual, Attention(Heads = 2, Causal = false)] public partial Attention Third { get; }
        }
        """);

    [Fact]
    public Task ASizeIsGivenOnce() => AnalyzerHarness.Verify(Usings + """
        [Block]
        public sealed partial class Sizes
        {
            [Ffn(Hidden = 8, {|MDL1007:HiddenRatio = 2|})] public partial Ffn First { get; }
            [{|MDL1008:GatedFfn|}] public partial Ffn Second { get; }
            [Residual, {|MDL1008:Attention|}] public partial Attention Third { get; }
            [GatedFfn(HiddenRatio = 2)] public partial Ffn Fourth { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class Sized
        {
            [{|MDL1008:Embedding|}] public partial Embedding Tokens { get; }
            [LanguageHead(Vocabulary = 10)] public partial Head Head { get; }
        }

        [Block]
        public sealed partial class Good
        {
            [Ffn(Hidden = 8)] public partial Ffn First { get; }
            [Residual, Attention(HeadWidth = 4)] public partial Attention Second { get; }
            [Residual, Attention(Heads = 3, HeadWidth = 4)] public partial Attention Third { get; }
        }
        """);

    [Fact]
    public Task SelectionsAreSomeButNotAll() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 64, Context = 32)]
        public sealed partial class Selecting
        {
            [SparkFfn(Hidden = 128, Active = 8, {|MDL1007:ActiveFraction = 0.1|})] public partial Ffn Twice { get; }
            [{|MDL1008:TopKFfn(Hidden = 128)|}] public partial Ffn Missing { get; }
            [SparkFfn(Hidden = 128, {|MDL1001:Active = 0|})] public partial Ffn None { get; }
            [SparkFfn(Hidden = 128, {|MDL1001:Active = 128|})] public partial Ffn All { get; }
            [SparkFfn(HiddenRatio = 2, {|MDL1001:Active = 128|})] public partial Ffn AllOfRatio { get; }
            [TopKFfn(Hidden = 128, {|MDL1001:ActiveFraction = 1|})] public partial Ffn Whole { get; }
            [TopKFfn(Hidden = 128, {|MDL1001:ActiveFraction = double.NaN|})] public partial Ffn NoNumber { get; }
            [TopKFfn(Hidden = 128, {|MDL1001:ActiveFraction = 0.003|})] public partial Ffn RoundsToNone { get; }
            [TopKFfn(Hidden = 128, {|MDL1001:ActiveFraction = 0.999|})] public partial Ffn RoundsToAll { get; }
            [TopKFfn({|MDL1001:Hidden = 1|}, Active = 1)] public partial Ffn One { get; }
            [{|MDL1008:SparkFfn(Active = 8)|}] public partial Ffn Sizeless { get; }
            [SparkFfn(Hidden = 128, Active = 127, PredictorWidth = 63)] public partial Ffn Good { get; }
            [TopKFfn(HiddenRatio = 2, ActiveFraction = 0.01)] public partial Ffn GoodToo { get; }
        }
        """);

    [Fact]
    public Task APredictorReadsSomeColumnsButNotAll() => AnalyzerHarness.Verify(Usings + """
        [Block]
        public sealed partial class Layer
        {
            [Residual, {|MDL1001:SparkFfn(Hidden = 128, Active = 8)|}] public partial Ffn Half { get; }
        }

        [Model(Width = 1, Context = 32)]
        public sealed partial class Narrow
        {
            public partial Layer {|MDL1001:Layer|} { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class Wide
        {
            public partial Layer Layer { get; }
            [SparkFfn(Hidden = 128, Active = 8, {|MDL1001:PredictorWidth = 0|})] public partial Ffn None { get; }
            [SparkFfn(Hidden = 128, Active = 8, {|MDL1001:PredictorWidth = 64|})] public partial Ffn All { get; }
        }
        """);

    [Fact]
    public Task AnExactSelectionEstimatesNothing() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 64, Context = 32)]
        public sealed partial class Exact
        {
            [SparkFfn(Hidden = 128, Active = 8, Selection = TopKSelection.Exact, {|MDL0108:Deviation = Deviation.Population|})] public partial Ffn First { get; }
            [SparkFfn(Hidden = 128, Active = 8, Selection = TopKSelection.Exact, {|MDL0108:ThresholdGradient = ThresholdGradient.Attached|})] public partial Ffn Second { get; }
            [TopKFfn(Hidden = 128, Active = 8, Selection = TopKSelection.Exact, {|MDL0108:Huber = 0.1|})] public partial Ffn Third { get; }
            [TopKFfn(Hidden = 128, Active = 8, {|MDL1001:Huber = -0.1|})] public partial Ffn Fourth { get; }
            [TopKFfn(Hidden = 128, Active = 8, Huber = 0, Deviation = Deviation.Population, ThresholdGradient = ThresholdGradient.Detached)] public partial Ffn Good { get; }
        }
        """);
}
