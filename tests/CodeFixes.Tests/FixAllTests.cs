namespace ModelDsl.CodeFixes.Tests;

/// <summary>One action for every diagnostic of an id.</summary>
public class FixAllTests
{
    [Fact]
    public Task ClassesAreMadePartial() => FixHarness.All("MDL0001",
        ["[Block] class First { [RmsNorm] public partial Norm Norm { get; } }\n[Block] class Second { [RmsNorm] public partial Norm Norm { get; } }\n", "[Block] class Third { [RmsNorm] public partial Norm Norm { get; } }\n"],
        ["[Block] partial class First { [RmsNorm] public partial Norm Norm { get; } }\n[Block] partial class Second { [RmsNorm] public partial Norm Norm { get; } }\n", "[Block] partial class Third { [RmsNorm] public partial Norm Norm { get; } }\n"]);

    [Fact]
    public Task ATypeAroundSeveralIsMadePartialOnce() => FixHarness.All("MDL0004",
        ["class Outer\n{\n    [Block] partial class First { [RmsNorm] public partial Norm Norm { get; } }\n    [Block] partial class Second { [RmsNorm] public partial Norm Norm { get; } }\n}\n"],
        ["partial class Outer\n{\n    [Block] partial class First { [RmsNorm] public partial Norm Norm { get; } }\n    [Block] partial class Second { [RmsNorm] public partial Norm Norm { get; } }\n}\n"]);

    [Fact]
    public Task PropertiesGetTheirForm() => FixHarness.All("MDL0006",
        ["[Block]\npartial class Forms\n{\n    [RmsNorm] public Norm First { get; }\n    [RmsNorm] public static Norm Second { get; set; } = default;\n    [RmsNorm] public Norm Third => default;\n}\n"],
        ["[Block]\npartial class Forms\n{\n    [RmsNorm] public partial Norm First { get; }\n    [RmsNorm] public partial Norm Second { get; }\n    [RmsNorm] public partial Norm Third { get; }\n}\n"]);

    [Fact]
    public Task ValuesAreBroughtIntoRange() => FixHarness.All("MDL1001",
        ["[Block]\npartial class Ranges\n{\n    [RmsNorm(Epsilon = 0)] public partial Norm First { get; }\n    [Attention(Heads = 0, SoftCap = -1, Window = 0)] public partial Attention Second { get; }\n}\n"],
        ["[Block]\npartial class Ranges\n{\n    [RmsNorm] public partial Norm First { get; }\n    [Attention(Heads = 1, SoftCap = 0, Window = 1)] public partial Attention Second { get; }\n}\n"]);

    [Fact]
    public Task AttributesWithoutEffectGo() => FixHarness.All("MDL0108",
        ["[Block]\npartial class Effects\n{\n    [Residual, RmsNorm] public partial Norm First { get; }\n    [RmsNorm] [PreNorm] public partial Norm Second { get; }\n}\n"],
        ["[Block]\npartial class Effects\n{\n    [RmsNorm] public partial Norm First { get; }\n    [RmsNorm] public partial Norm Second { get; }\n}\n"]);
}
