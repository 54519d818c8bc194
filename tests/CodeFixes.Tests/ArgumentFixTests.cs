using System.Globalization;

namespace ModelDsl.CodeFixes.Tests;

/// <summary>Arguments of attributes.</summary>
public class ArgumentFixTests
{
    private static string Model(string members) => "[Model(Width = 64, Context = 32)]\npublic sealed partial class Demonstration\n{\n    " + members + "\n}\n";

    private static string Attention(string arguments) => Model($"[Residual, Attention({arguments})] public partial Attention Attention {{ get; }}");

    private static string LanguageModel(string attention, string head) => Model(
        $"[Embedding(Vocabulary = 8)] public partial Embedding Tokens {{ get; }}\n    [Residual, Attention({attention})] public partial Attention Attention {{ get; }}\n    [{head}] public partial Head Head {{ get; }}");

    private static string Ffn(string arguments) => Model($"[Ffn({arguments})] public partial Ffn Ffn {{ get; }}");

    private static Offer[] Offered(Func<string, string> source, params (string Title, string Arguments)[] offers) => [.. offers.Select(offer => new Offer(offer.Title, source(offer.Arguments)))];

    [Theory]
    [InlineData("Heads = 4, Window = 0", "Use Window = 1", "Heads = 4, Window = 1")]
    [InlineData("Heads = 0, HeadWidth = 8", "Use Heads = 1", "Heads = 1, HeadWidth = 8")]
    [InlineData("Heads = 4, SoftCap = -1", "Use SoftCap = 0", "Heads = 4, SoftCap = 0")]
    [InlineData("Heads = 4, RotaryTheta = 0 /* none */, Rotary = true", "Remove RotaryTheta = 0", "Heads = 4 /* none */, Rotary = true")]
    public Task AValueIsBroughtIntoRange(string before, string title, string after) => FixHarness.Offers("MDL1001", Attention(before), (title, Attention(after)));

    [Theory]
    [InlineData("RmsNorm(Epsilon = 0)", "Remove Epsilon = 0", "RmsNorm")]
    [InlineData("LayerNorm(Epsilon = -1, Bias = false)", "Remove Epsilon = -1", "LayerNorm(Bias = false)")]
    public Task AnEpsilonGetsItsDefault(string before, string title, string after)
        => FixHarness.Offers("MDL1001", Model($"[{before}] public partial Norm Norm {{ get; }}"), (title, Model($"[{after}] public partial Norm Norm {{ get; }}")));

    [Theory]
    [InlineData("Hidden = 2000000000", "Use Hidden = 8388608", "Hidden = 8388608")]
    [InlineData("HiddenRatio = 0.001", "Use HiddenRatio = 4", "HiddenRatio = 4")]
    public Task AHiddenSizeIsBroughtIntoRange(string before, string title, string after)
        => FixHarness.Offers("MDL1001", Model($"[Ffn({before})] public partial Ffn Ffn {{ get; }}"), (title, Model($"[Ffn({after})] public partial Ffn Ffn {{ get; }}")));

    [Theory]
    [InlineData("SparkFfn(Hidden = 128, Active = 128)", "Use Active = 127", "SparkFfn(Hidden = 128, Active = 127)")]
    [InlineData("SparkFfn(Hidden = 128, Active = 8, PredictorWidth = 64)", "Use PredictorWidth = 63", "SparkFfn(Hidden = 128, Active = 8, PredictorWidth = 63)")]
    [InlineData("TopKFfn(Hidden = 128, ActiveFraction = 1.5)", "Use ActiveFraction = 0.08", "TopKFfn(Hidden = 128, ActiveFraction = 0.08)")]
    [InlineData("TopKFfn(Hidden = 4, ActiveFraction = 0.08)", "Use ActiveFraction = 0.5", "TopKFfn(Hidden = 4, ActiveFraction = 0.5)")]
    [InlineData("TopKFfn(Hidden = 128, Active = 8, Huber = -1)", "Use Huber = 0", "TopKFfn(Hidden = 128, Active = 8, Huber = 0)")]
    public Task ASelectionIsBroughtIntoRange(string before, string title, string after)
        => FixHarness.Offers("MDL1001", Model($"[{before}] public partial Ffn Ffn {{ get; }}"), (title, Model($"[{after}] public partial Ffn Ffn {{ get; }}")));

    [Fact]
    public Task ASelectionIsGivenOnce() => FixHarness.Offers("MDL1007",
        Model("[SparkFfn(Hidden = 128, Active = 8, ActiveFraction = 0.1)] public partial Ffn Ffn { get; }"),
        ("Remove ActiveFraction = 0.1", Model("[SparkFfn(Hidden = 128, Active = 8)] public partial Ffn Ffn { get; }")),
        ("Remove Active = 8", Model("[SparkFfn(Hidden = 128, ActiveFraction = 0.1)] public partial Ffn Ffn { get; }")));

    [Fact]
    public Task AnExactSelectionHasNoDeviation() => FixHarness.Offers("MDL0108",
        Model("[TopKFfn(Hidden = 128, Active = 8, Selection = TopKSelection.Exact, Huber = 0.5)] public partial Ffn Ffn { get; }"),
        ("Remove Selection = TopKSelection.Exact", Model("[TopKFfn(Hidden = 128, Active = 8, Huber = 0.5)] public partial Ffn Ffn { get; }")),
        ("Remove Huber = 0.5", Model("[TopKFfn(Hidden = 128, Active = 8, Selection = TopKSelection.Exact)] public partial Ffn Ffn { get; }")));

    [Fact]
    public Task HeadsDivideTheWidth() => FixHarness.Offers("MDL1002", Attention("Heads = 6"), Offered(Attention, ("Use Heads = 4", "Heads = 4"), ("Use Heads = 8", "Heads = 8")));

    [Fact]
    public Task AHeadsWidthDividesTheWidth() => FixHarness.Offers("MDL1002", Attention("HeadWidth = 100"), Offered(Attention, ("Use HeadWidth = 64", "HeadWidth = 64")));

    [Fact]
    public Task KeyValueHeadsDivideHeads() => FixHarness.Offers("MDL1003", Attention("Heads = 8, KeyValueHeads = 5"), Offered(Attention,
        ("Use KeyValueHeads = 4", "Heads = 8, KeyValueHeads = 4"),
        ("Use KeyValueHeads = 2", "Heads = 8, KeyValueHeads = 2"),
        ("Use KeyValueHeads = 8", "Heads = 8, KeyValueHeads = 8"),
        ("Use KeyValueHeads = 1", "Heads = 8, KeyValueHeads = 1")));

    private static string Spark(string arguments) => Model($"[Residual, SparkAttention({arguments})] public partial Attention Attention {{ get; }}");

    [Theory]
    [InlineData("MDL1001", "Heads = 4, TopK = 0", "Use TopK = 1", "Heads = 4, TopK = 1")]
    [InlineData("MDL1001", "Heads = 4, TopK = 8, PredictorWidth = 16", "Use PredictorWidth = 15", "Heads = 4, TopK = 8, PredictorWidth = 15")]
    [InlineData("MDL1001", "Heads = 64, TopK = 8", "Add HeadWidth = 64", "Heads = 64, TopK = 8, HeadWidth = 64")]
    [InlineData("MDL1008", "Heads = 4", "Add TopK = 64", "Heads = 4, TopK = 64")]
    public Task AnAttentionsSelectionIsBroughtIntoRange(string id, string before, string title, string after) => FixHarness.Offers(id, Spark(before), (title, Spark(after)));

    [Fact]
    public Task APredictorTurnsInPairs() => FixHarness.Offers("MDL1004", Spark("Heads = 4, TopK = 8, Rotary = true, PredictorWidth = 5"), Offered(Spark,
        ("Use PredictorWidth = 4", "Heads = 4, TopK = 8, Rotary = true, PredictorWidth = 4"),
        ("Use PredictorWidth = 6", "Heads = 4, TopK = 8, Rotary = true, PredictorWidth = 6"),
        ("Add RotaryWidth = 4", "Heads = 4, TopK = 8, Rotary = true, PredictorWidth = 5, RotaryWidth = 4")));

    [Fact]
    public Task ARotaryWidthFitsTheNarrowerPiece() => FixHarness.Offers("MDL1004", Spark("Heads = 4, TopK = 8, Rotary = true, PredictorWidth = 4, RotaryWidth = 6"), Offered(Spark,
        ("Use RotaryWidth = 4", "Heads = 4, TopK = 8, Rotary = true, PredictorWidth = 4, RotaryWidth = 4")));

    [Theory]
    [InlineData("HeadWidth = 64, TopK = 8, PredictorWidth = 20", "Use PredictorWidth = 16", "HeadWidth = 64, TopK = 8, PredictorWidth = 16", "Use PredictorWidth = 32", "HeadWidth = 64, TopK = 8, PredictorWidth = 32")]
    [InlineData("Heads = 2, HeadWidth = 48, TopK = 8", "Add PredictorWidth = 16", "Heads = 2, HeadWidth = 48, TopK = 8, PredictorWidth = 16", "Add PredictorWidth = 32", "Heads = 2, HeadWidth = 48, TopK = 8, PredictorWidth = 32")]
    public Task PiecesOfAHeadFillVectors(string before, string first, string afterFirst, string second, string afterSecond)
        => FixHarness.Offers("MDL5003", Spark(before), (first, Spark(afterFirst)), (second, Spark(afterSecond)));

    [Fact]
    public Task ARotaryWidthIsEven() => FixHarness.Offers("MDL1004", Attention("Heads = 8, Rotary = true, RotaryWidth = 5"), Offered(Attention,
        ("Use RotaryWidth = 4", "Heads = 8, Rotary = true, RotaryWidth = 4"), ("Use RotaryWidth = 6", "Heads = 8, Rotary = true, RotaryWidth = 6")));

    [Theory]
    [InlineData("Heads = 8, Rotary = true, RotaryWidth = 10", "Use RotaryWidth = 8", "Heads = 8, Rotary = true, RotaryWidth = 8")]
    [InlineData("Heads = 8, Rotary = true, RotaryWidth = 11", "Use RotaryWidth = 8", "Heads = 8, Rotary = true, RotaryWidth = 8")]
    [InlineData("Heads = 2, HeadWidth = 5, Rotary = true", "Add RotaryWidth = 4", "Heads = 2, HeadWidth = 5, Rotary = true, RotaryWidth = 4")]
    public Task ARotaryWidthFitsTheHead(string before, string title, string after) => FixHarness.Offers("MDL1004", Attention(before), (title, Attention(after)));

    [Fact]
    public Task AHeadHasTheEmbeddingsVocabulary() => FixHarness.Offers("MDL1005",
        LanguageModel("Heads = 2", "LanguageHead(TiedTo = nameof(Tokens), Vocabulary = 9)"), ("Remove Vocabulary = 9", LanguageModel("Heads = 2", "LanguageHead(TiedTo = nameof(Tokens))")));

    [Fact]
    public Task ALanguageModelIsCausal() => FixHarness.Offers("MDL1006",
        LanguageModel("Causal = false, Heads = 2", "LanguageHead"), ("Remove Causal = false", LanguageModel("Heads = 2", "LanguageHead")));

    [Fact]
    public Task OneOfTwoSizesGoes() => FixHarness.Offers("MDL1007",
        Model("[Ffn(Hidden = 8, HiddenRatio = 2)] public partial Ffn Ffn { get; }"),
        ("Remove HiddenRatio = 2", Model("[Ffn(Hidden = 8)] public partial Ffn Ffn { get; }")),
        ("Remove Hidden = 8", Model("[Ffn(HiddenRatio = 2)] public partial Ffn Ffn { get; }")));

    [Theory]
    [InlineData("[Attention] public partial Attention Layer { get; }", "Add HeadWidth = 64", "[Attention(HeadWidth = 64)] public partial Attention Layer { get; }")]
    [InlineData("[Ffn()] public partial Ffn Layer { get; }", "Add HiddenRatio = 4", "[Ffn(HiddenRatio = 4)] public partial Ffn Layer { get; }")]
    [InlineData("[TopKFfn(Hidden = 128)] public partial Ffn Layer { get; }", "Add ActiveFraction = 0.08", "[TopKFfn(Hidden = 128, ActiveFraction = 0.08)] public partial Ffn Layer { get; }")]
    [InlineData("[SparkFfn(Active = 8)] public partial Ffn Layer { get; }", "Add HiddenRatio = 4", "[SparkFfn(Active = 8, HiddenRatio = 4)] public partial Ffn Layer { get; }")]
    [InlineData("[GatedFfn(Bias = true)] public partial Ffn Layer { get; }", "Add HiddenRatio = 8.0 / 3", "[GatedFfn(Bias = true, HiddenRatio = 8.0 / 3)] public partial Ffn Layer { get; }")]
    public Task ASizeIsGiven(string before, string title, string after) => FixHarness.Offers("MDL1008", Model(before), (title, Model(after)));

    [Fact]
    public Task AWindowIsCausal() => FixHarness.Offers("MDL1009", Attention("Heads = 2, Causal = false, Window = 4"), Offered(Attention,
        ("Remove Causal = false", "Heads = 2, Window = 4"), ("Remove Window = 4", "Heads = 2, Causal = false")));

    [Theory]
    [InlineData("Heads = {0}", 16, 15, 20)]
    [InlineData("Heads = {0}, KeyValueHeads = 4", 16, 12, 20)]
    [InlineData("HeadWidth = {0}", 40, 32, 48)]
    [InlineData("HeadWidth = {0}, Heads = 3, Rotary = true", 30, 32, 16)]
    [InlineData("HeadWidth = {0}, Heads = 3, Rotary = true, RotaryWidth = 24", 30, 32)]
    [InlineData("Heads = {0}, KeyValueHeads = 960", 960)]
    public Task HeadsFillVectors(string arguments, int before, params int[] after)
    {
        return FixHarness.Offers("MDL5001", Source(before), [.. after.Select(value => new Offer($"Use {arguments.Split(' ')[0]} = {value}", Source(value)))]);

        string Source(int value) => Attention(string.Format(CultureInfo.InvariantCulture, arguments, value)).Replace("64", "960", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Hidden = 1000", "Hidden = 992", "Hidden = 1008")]
    [InlineData("Hidden = 1505", "Hidden = 1504", "Hidden = 1520")]
    [InlineData("Hidden = 7", "Hidden = 16")]
    [InlineData("HiddenRatio = 8.0 / 3", "HiddenRatio = 11.0 / 4", "HiddenRatio = 5.0 / 2")]
    [InlineData("HiddenRatio = 3.1", "HiddenRatio = 3", "HiddenRatio = 13.0 / 4")]
    public Task HiddenColumnsFillVectors(string before, params string[] after)
        => FixHarness.Offers("MDL5002", Ffn(before), [.. after.Select(arguments => new Offer("Use " + arguments, Ffn(arguments)))]);

    [Theory]
    [InlineData("nameof(Attention)")]
    [InlineData("\"Token\"")]
    public Task AHeadIsTiedToTheEmbedding(string tie) => FixHarness.Offers("MDL0105",
        LanguageModel("Heads = 2", $"LanguageHead(TiedTo = {tie})"),
        ("Use TiedTo = nameof(Tokens)", LanguageModel("Heads = 2", "LanguageHead(TiedTo = nameof(Tokens))")),
        ($"Remove TiedTo = {tie}", LanguageModel("Heads = 2", "LanguageHead")));

    [Theory]
    [InlineData("0", "Use 1", "1")]
    [InlineData("count: -1", "Use count: 1", "count: 1")]
    public Task AStackHasABlock(string before, string title, string after)
    {
        const string Small = "\n[Block] public sealed partial class Small { [RmsNorm] public partial Norm Norm { get; } }\n";
        return FixHarness.Offers("MDL0106",
            Model($"[Repeat({before})] public partial BlockStack<Small> Stack {{ get; }}") + Small, (title, Model($"[Repeat({after})] public partial BlockStack<Small> Stack {{ get; }}") + Small));
    }

    [Theory]
    [InlineData("[Model(Width = 0, Context = 32)]", "Use Width = 1", "[Model(Width = 1, Context = 32)]")]
    [InlineData("[Model(Width = 8, Context = 2000000000)]", "Use Context = 16777216", "[Model(Width = 8, Context = 16777216)]")]
    [InlineData("[Model(Width = 64)]", "Add Context = 256", "[Model(Width = 64, Context = 256)]")]
    public Task AModelHasSizes(string before, string title, string after)
    {
        const string Class = "\npublic sealed partial class Sizes { [RmsNorm] public partial Norm Norm { get; } }\n";
        return FixHarness.Offers("MDL0109", before + Class, (title, after + Class));
    }

    [Fact]
    public Task ABudgetOfABlockGoes()
    {
        const string Class = "[Block]\npublic sealed partial class Small { [RmsNorm] public partial Norm Norm { get; } }\n";
        return FixHarness.Offers("MDL0108", "[Budget(Parameters = 100)]\n" + Class, ("Remove [Budget]", Class));
    }

    [Fact]
    public Task AnArgumentHasAnEffectOrGoes() => FixHarness.Offers("MDL0108", Attention("Heads = 4, RotaryTheta = 100"), Offered(Attention,
        ("Add Rotary = true", "Heads = 4, RotaryTheta = 100, Rotary = true"), ("Remove RotaryTheta = 100", "Heads = 4")));

    [Fact]
    public Task AnEnumHasTheValue() => FixHarness.Offers("MDL0014",
        Model("[PreNorm((NormKind)7, Epsilon = 1), Attention(Heads = 2)] public partial Attention Layer { get; }"),
        ("Use NormKind.RmsNorm", Model("[PreNorm(NormKind.RmsNorm, Epsilon = 1), Attention(Heads = 2)] public partial Attention Layer { get; }")),
        ("Use NormKind.LayerNorm", Model("[PreNorm(NormKind.LayerNorm, Epsilon = 1), Attention(Heads = 2)] public partial Attention Layer { get; }")));
}
