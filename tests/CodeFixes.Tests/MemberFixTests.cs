namespace ModelDsl.CodeFixes.Tests;

/// <summary>Whole layers: added, removed, moved.</summary>
public class MemberFixTests
{
    private static string Model(string members) => "[Model(Width = 64, Context = 32)]\npublic sealed partial class Demonstration\n{\n" + members + "}\n";

    [Fact]
    public Task AnEmbeddingComesFirst() => FixHarness.Offers("MDL0101",
        Model("    private const int Tokens = 1;\n\n    // The norm.\n    [RmsNorm] internal partial Norm Norm { get; }\n    [LanguageHead(Vocabulary = 10)] public partial Head Head { get; }\n"),
        ("Add [Embedding(Vocabulary = 10)] as first layer", Model(
            "    private const int Tokens = 1;\n\n    [Embedding(Vocabulary = 10)] internal partial Embedding Tokens2 { get; }\n    // The norm.\n    [RmsNorm] internal partial Norm Norm { get; }\n    [LanguageHead(Vocabulary = 10)] public partial Head Head { get; }\n")));

    [Fact]
    public Task AHeadComesLast() => FixHarness.Offers("MDL0102",
        Model("    [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; } // first\n\n    [RmsNorm] public partial Norm Norm { get; } // last\n\n    public void Other() { }\n"),
        ("Add [LanguageHead(TiedTo = nameof(Tokens))] as last layer", Model(
            "    [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; } // first\n\n    [RmsNorm] public partial Norm Norm { get; } // last\n\n    [LanguageHead(TiedTo = nameof(Tokens))] public partial Head Head { get; }\n\n    public void Other() { }\n")));

    [Fact]
    public Task ANewLayerIsWrittenAsItsNeighbours() => FixHarness.Offers("MDL0102",
        Model("\t[Embedding(Vocabulary = 10)]\n\tpublic partial Embedding @class { get; }\n").Replace("\n", "\r\n", StringComparison.Ordinal),
        ("Add [LanguageHead(TiedTo = nameof(@class))] as last layer", Model(
            "\t[Embedding(Vocabulary = 10)]\n\tpublic partial Embedding @class { get; }\n\t[LanguageHead(TiedTo = nameof(@class))]\n\tpublic partial Head Head { get; }\n").Replace("\n", "\r\n", StringComparison.Ordinal)));

    [Fact]
    public Task AClassOnOneLineStaysOnIt() => FixHarness.Offers("MDL0101",
        "[Model(Width = 64, Context = 32)] sealed partial class Tiny { [LanguageHead] public partial Head Head { get; } }\n",
        ("Add [Embedding(Vocabulary = 256)] as first layer",
            "[Model(Width = 64, Context = 32)] sealed partial class Tiny { [Embedding(Vocabulary = 256)] public partial Embedding Tokens { get; } [LanguageHead] public partial Head Head { get; } }\n"));

    [Fact]
    public Task ASecondEmbeddingGoes() => FixHarness.Offers("MDL0103",
        Model("    [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }\n\n    // Again.\n    [Embedding(Vocabulary = 10)] public partial Embedding Again { get; }\n\n    [LanguageHead] public partial Head Head { get; }\n"),
        ("Remove 'Again'", Model("    [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }\n\n    [LanguageHead] public partial Head Head { get; }\n")));

    [Fact]
    public Task ALayerBeforeTheEmbeddingMovesBehindIt() => FixHarness.Offers("MDL0104",
        Model("    // Early.\n    [RmsNorm] public partial Norm Early { get; }\n\n    [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }\n\n    [LanguageHead] public partial Head Head { get; }\n"),
        ("Move 'Early' behind 'Tokens'", Model(
            "    [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }\n\n    // Early.\n    [RmsNorm] public partial Norm Early { get; }\n\n    [LanguageHead] public partial Head Head { get; }\n")),
        ("Remove 'Early'", Model("    [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }\n\n    [LanguageHead] public partial Head Head { get; }\n")));

    [Fact]
    public Task ALayerBehindTheHeadMovesBeforeIt() => FixHarness.Offers("MDL0104",
        Model("    [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }\n    [LanguageHead] public partial Head Head { get; }\n    [RmsNorm] public partial Norm Late { get; }\n"),
        ("Move 'Late' before 'Head'", Model("    [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }\n    [RmsNorm] public partial Norm Late { get; }\n    [LanguageHead] public partial Head Head { get; }\n")),
        ("Remove 'Late'", Model("    [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }\n    [LanguageHead] public partial Head Head { get; }\n")));

    [Fact]
    public Task AHeadMovesToTheEnd() => FixHarness.Offers("MDL0104",
        Model("    [LanguageHead] public partial Head Head { get; }\n    [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }\n"),
        ("Move 'Head' behind 'Tokens'", Model("    [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }\n    [LanguageHead] public partial Head Head { get; }\n")),
        new Offer("Remove 'Head'", Model("    [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }\n"), "MDL0102"));

    [Fact]
    public Task AnEndLeavesABlock() => FixHarness.Offers("MDL0113",
        "[Block]\nsealed partial class Ends\n{\n    [RmsNorm] public partial Norm Norm { get; }\n    [LanguageHead] public partial Head Head { get; }\n}\n",
        ("Remove 'Head'", "[Block]\nsealed partial class Ends\n{\n    [RmsNorm] public partial Norm Norm { get; }\n}\n"));
}
