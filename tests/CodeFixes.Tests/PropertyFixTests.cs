namespace ModelDsl.CodeFixes.Tests;

/// <summary>Form and type of properties.</summary>
public class PropertyFixTests
{
    [Theory]
    [InlineData("public Norm Layer { get; }", "public partial Norm Layer { get; }")]
    [InlineData("public partial Norm Layer { get; set; }", "public partial Norm Layer { get; }")]
    [InlineData("public partial Norm Layer { private init; get; }", "public partial Norm Layer { get; }")]
    [InlineData("public static partial Norm Layer { get; }", "public partial Norm Layer { get; }")]
    [InlineData("public Norm Layer { get; } = default; // kept", "public partial Norm Layer { get; } // kept")]
    [InlineData("public Norm Layer => default;", "public partial Norm Layer { get; }")]
    [InlineData("public Norm Layer { get { return default; } }", "public partial Norm Layer { get; }")]
    [InlineData("public partial Norm Layer { get; }\n    public partial Norm Layer => default;", "public partial Norm Layer { get; }")]
    [InlineData("public ref readonly Norm Layer => throw null!;", "public partial Norm Layer { get; }")]
    [InlineData("Norm Layer\n    {\n        get; // kept\n        set;\n    }", "partial Norm Layer\n    {\n        get; // kept\n    }")]
    public Task APropertyGetsItsForm(string before, string after) => FixHarness.Offers("MDL0006",
        $"[Block]\nsealed partial class Forms\n{{\n    // The layer.\n    [RmsNorm] {before}\n}}\n",
        ("Make 'Layer' a partial property with only a getter", $"[Block]\nsealed partial class Forms\n{{\n    // The layer.\n    [RmsNorm] {after}\n}}\n"));

    [Theory]
    [InlineData("Norm?", "[RmsNorm]", "Norm")]
    [InlineData("int", "[Attention(Heads = 2)]", "Attention")]
    [InlineData("Head", "[Ffn(Hidden = 4)]", "Ffn")]
    public Task APropertyGetsItsType(string before, string attribute, string after) => FixHarness.Offers("MDL0007",
        $"[Block]\nsealed partial class Types\n{{\n    {attribute} public partial {before} Attention {{ get; }}\n}}\n",
        ($"Change the type of 'Attention' to {after}", $"[Block]\nsealed partial class Types\n{{\n    {attribute} public partial {after} Attention {{ get; }}\n}}\n"));

    [Fact]
    public Task ANameThatMeansSomethingElseIsQualified() => FixHarness.Offers("MDL0007",
        "class Ffn { }\n\n[Block]\nsealed partial class Types { [Ffn(Hidden = 4)] internal partial Ffn Wrong { get; } }\n",
        ("Change the type of 'Wrong' to Ffn", "class Ffn { }\n\n[Block]\nsealed partial class Types { [Ffn(Hidden = 4)] internal partial global::ModelDsl.Ffn Wrong { get; } }\n"));
}
