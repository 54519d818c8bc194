using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;

namespace ModelDsl.CodeFixes.Tests;

/// <summary>Attributes of properties and classes.</summary>
public class AttributeFixTests
{
    private static string Block(string members) => "[Block]\npublic sealed partial class Demonstration\n{\n" + members + "\n}\n";

    [Fact]
    public Task OneOfTwoLayersGoes() => FixHarness.Offers("MDL0008",
        Block("    [Residual, Ffn(Hidden = 8), GatedFfn(Hidden = 8)] public partial Ffn Two { get; }"),
        ("Remove [Ffn]", Block("    [Residual, GatedFfn(Hidden = 8)] public partial Ffn Two { get; }")),
        ("Remove [GatedFfn]", Block("    [Residual, Ffn(Hidden = 8)] public partial Ffn Two { get; }")));

    [Fact]
    public Task TheLayerThatDoesNotFitGoesFirst() => FixHarness.Offers("MDL0008",
        Block("    [Ffn(Hidden = 8)]\n    [Attention(Heads = 2)]\n    public partial Ffn Two { get; }"),
        ("Remove [Attention]", Block("    [Ffn(Hidden = 8)]\n    public partial Ffn Two { get; }")),
        new Offer("Remove [Ffn]", Block("    [Attention(Heads = 2)]\n    public partial Ffn Two { get; }"), "MDL0007"));

    [Fact]
    public Task ALayerIsDeclared() => FixHarness.Offers("MDL0009",
        Block("    /// <summary>Mixes.</summary>\n    public partial Ffn Bare { get; }"),
        ("Add [Ffn(HiddenRatio = 4)]", Block("    /// <summary>Mixes.</summary>\n    [Ffn(HiddenRatio = 4)] public partial Ffn Bare { get; }")),
        ("Add [GatedFfn(HiddenRatio = 8.0 / 3)]", Block("    /// <summary>Mixes.</summary>\n    [GatedFfn(HiddenRatio = 8.0 / 3)] public partial Ffn Bare { get; }")),
        ("Add [SparkFfn(HiddenRatio = 4, ActiveFraction = 0.08)]", Block("    /// <summary>Mixes.</summary>\n    [SparkFfn(HiddenRatio = 4, ActiveFraction = 0.08)] public partial Ffn Bare { get; }")),
        ("Add [TopKFfn(HiddenRatio = 8.0 / 3, ActiveFraction = 0.08)]", Block("    /// <summary>Mixes.</summary>\n    [TopKFfn(HiddenRatio = 8.0 / 3, ActiveFraction = 0.08)] public partial Ffn Bare { get; }")));

    [Theory]
    [InlineData("    [PreNorm, Residual] public partial Attention Bare { get; }", "    [PreNorm, Residual, Attention(HeadWidth = 64)] public partial Attention Bare { get; }")]
    [InlineData("    [PreNorm, Residual]\n    public partial Attention Bare { get; }", "    [PreNorm, Residual]\n    [Attention(HeadWidth = 64)]\n    public partial Attention Bare { get; }")]
    [InlineData(
        "    [RmsNorm]\n    public partial Norm Other { get; }\n\n    public partial Attention Bare { get; }",
        "    [RmsNorm]\n    public partial Norm Other { get; }\n\n    [Attention(HeadWidth = 64)]\n    public partial Attention Bare { get; }")]
    public Task ADeclaringAttributeStandsAsOthersDo(string before, string after) => FixHarness.Offers("MDL0009", Block(before),
        [.. new[] { "Attention(HeadWidth = 64)", "SparkAttention(HeadWidth = 64, TopK = 64)", "TopKAttention(HeadWidth = 64, TopK = 64)" }
            .Select(layer => new Offer($"Add [{layer}]", Block(after.Replace("Attention(HeadWidth = 64)", layer, StringComparison.Ordinal))))]);

    [Fact]
    public Task AnAttributeGoesOrItsClassIsMadeABlock() => FixHarness.Offers("MDL0011",
        "/// <summary>No block.</summary>\npublic sealed class Elsewhere\n{\n    [RmsNorm] public Norm Norm { get; }\n}\n",
        new Offer("Make 'Elsewhere' a [Block]", "/// <summary>No block.</summary>\n[Block]\npublic sealed partial class Elsewhere\n{\n    [RmsNorm] public Norm Norm { get; }\n}\n", "MDL0006"),
        new Offer("Make 'Elsewhere' a [Model(Width = 256, Context = 256)]",
            "/// <summary>No block.</summary>\n[Model(Width = 256, Context = 256)]\npublic sealed partial class Elsewhere\n{\n    [RmsNorm] public Norm Norm { get; }\n}\n", "MDL0006"),
        ("Remove [RmsNorm]", "/// <summary>No block.</summary>\npublic sealed class Elsewhere\n{\n    public Norm Norm { get; }\n}\n"));

    [Fact]
    public Task AClassWithAnEndIsMadeAModel() => FixHarness.Offers("MDL0011",
        "public sealed partial class Elsewhere\n{\n    [Embedding(Vocabulary = 8)] public Embedding Tokens { get; }\n}\n",
        new Offer("Make 'Elsewhere' a [Model(Width = 256, Context = 256)]",
            "[Model(Width = 256, Context = 256)]\npublic sealed partial class Elsewhere\n{\n    [Embedding(Vocabulary = 8)] public Embedding Tokens { get; }\n}\n", "MDL0102", "MDL0006"),
        ("Remove [Embedding]", "public sealed partial class Elsewhere\n{\n    public Embedding Tokens { get; }\n}\n"));

    [Fact]
    public Task OneOfModelAndBlockGoes() => FixHarness.Offers("MDL0015",
        "[Model(Width = 64, Context = 32), Block]\npublic sealed partial class Both\n{\n    [RmsNorm] public partial Norm Norm { get; }\n}\n",
        ("Remove [Block]", "[Model(Width = 64, Context = 32)]\npublic sealed partial class Both\n{\n    [RmsNorm] public partial Norm Norm { get; }\n}\n"),
        ("Remove [Model]", "[Block]\npublic sealed partial class Both\n{\n    [RmsNorm] public partial Norm Norm { get; }\n}\n"));

    [Fact]
    public Task AStackIsRepeated() => FixHarness.Offers("MDL0107",
        "[Block] public sealed partial class Small { [RmsNorm] public partial Norm Norm { get; } }\n\n" + Block("    public partial BlockStack<Small> Stack { get; }"),
        ("Add [Repeat(1)]", "[Block] public sealed partial class Small { [RmsNorm] public partial Norm Norm { get; } }\n\n" + Block("    [Repeat(1)] public partial BlockStack<Small> Stack { get; }")));

    [Theory]
    [InlineData("[Residual, RmsNorm] public partial Norm Layer { get; }", "[RmsNorm] public partial Norm Layer { get; }")]
    [InlineData("[RmsNorm, Residual] public partial Norm Layer { get; }", "[RmsNorm] public partial Norm Layer { get; }")]
    [InlineData("[RmsNorm] [Residual] public partial Norm Layer { get; }", "[RmsNorm] public partial Norm Layer { get; }")]
    [InlineData("[RmsNorm]\n    [Residual]\n    public partial Norm Layer { get; }", "[RmsNorm]\n    public partial Norm Layer { get; }")]
    [InlineData("[RmsNorm]\n    [Residual] // kept\n    public partial Norm Layer { get; }", "[RmsNorm]\n    // kept\n    public partial Norm Layer { get; }")]
    public Task AnAttributeWithoutEffectGoes(string before, string after) => FixHarness.Offers("MDL0108", Block("    " + before), ("Remove [Residual]", Block("    " + after)));

    [Fact]
    public Task AStackedClassIsMadeABlock() => FixHarness.Offers("MDL0111",
        "public sealed class Small { [RmsNorm] public partial Norm Norm { get; } }\n\n" + Block("    [Repeat(2)] public partial BlockStack<Small> Stack { get; }"),
        ("Make 'Small' a [Block]", "[Block]\npublic sealed partial class Small { [RmsNorm] public partial Norm Norm { get; } }\n\n" + Block("    [Repeat(2)] public partial BlockStack<Small> Stack { get; }")));

    [Fact]
    public async Task WhatIsNotInScopeIsQualified()
    {
        const string Before = "[ModelDsl.Block] partial class Bare { internal partial ModelDsl.Norm Norm { get; } }\n";
        using FixWorkspace workspace = new(Before);
        CodeAction[] offers = await workspace.Offers(Assert.Single(await FixWorkspace.Diagnostics(workspace.Project)));
        Project changed = await workspace.After(offers[1]);
        Assert.Equal([Before.Replace("internal", "[global::ModelDsl.RmsNorm] internal", StringComparison.Ordinal)], await FixWorkspace.Texts(changed));
        await FixHarness.AssertMended(changed, "MDL0009", []);
    }

    [Fact]
    public Task AClassOfAnotherAssemblyIsNotMadeABlock() => FixHarness.Offers("MDL0111", Block("    [Repeat(2)] public partial BlockStack<string> Stack { get; }"));
}
