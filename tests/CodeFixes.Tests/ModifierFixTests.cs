namespace ModelDsl.CodeFixes.Tests;

/// <summary>Modifiers and keywords of classes and properties.</summary>
public class ModifierFixTests
{
    private const string Members = " { [RmsNorm] public partial Norm Norm { get; } }\n";

    [Fact]
    public Task AClassIsMadePartial() => FixHarness.Offers("MDL0001",
        "// A block.\n[Block]\npublic sealed /* here */ class Plain" + Members,
        ("Make 'Plain' partial", "// A block.\n[Block]\npublic sealed /* here */ partial class Plain" + Members));

    [Theory]
    [InlineData("abstract partial class", "partial class", "Remove 'abstract' from 'Odd'")]
    [InlineData("public abstract partial class", "public partial class", "Remove 'abstract' from 'Odd'")]
    [InlineData("sealed partial record class", "sealed partial class", "Make 'Odd' a class")]
    [InlineData("partial record", "partial class", "Make 'Odd' a class")]
    [InlineData("file partial class", "partial class", "Remove 'file' from 'Odd'")]
    public Task AKeywordIsRemoved(string before, string after, string title) => FixHarness.Offers("MDL0002", $"[Block]\n{before} Odd{Members}", (title, $"[Block]\n{after} Odd{Members}"));

    [Fact]
    public Task AStaticClassIsMadeAnOrdinaryOne() => FixHarness.Offers("MDL0002",
        "[Block]\nstatic partial class Odd { }\n", new Offer("Remove 'static' from 'Odd'", "[Block]\npartial class Odd { }\n", "MDL0112"));

    [Theory]
    [InlineData("[Block]\nabstract partial class Odd { [RmsNorm] public partial Norm Norm { get; } public abstract int More(); }\n")]
    [InlineData("[Block]\npartial record Odd(int Size) { [RmsNorm] public partial Norm Norm { get; } }\n")]
    public Task AKeywordThatTheClassNeedsStays(string source) => FixHarness.Offers("MDL0002", source);

    [Fact]
    public Task TypesAroundAreMadePartial() => FixHarness.Offers("MDL0004",
        "public static class Outer\n{\n    public partial interface Middle\n    {\n        public record struct Inner\n        {\n            [Block] public sealed partial class Deep" + Members + "        }\n    }\n}\n",
        ("Make 'Outer' and 'Inner' partial",
            "public static partial class Outer\n{\n    public partial interface Middle\n    {\n        public partial record struct Inner\n        {\n            [Block] public sealed partial class Deep" + Members + "        }\n    }\n}\n"));

    [Theory]
    [InlineData("internal partial", "public partial")]
    [InlineData("partial", "public partial")]
    [InlineData("protected internal partial", "public partial")]
    public Task ALayerIsMadePublic(string before, string after) => FixHarness.Offers("MDL0013",
        $"[Block]\npublic partial class Open\n{{\n    /// <summary>A norm.</summary>\n    [RmsNorm] {before} Norm Hidden {{ get; }}\n}}\n",
        ("Make 'Hidden' public", $"[Block]\npublic partial class Open\n{{\n    /// <summary>A norm.</summary>\n    [RmsNorm] {after} Norm Hidden {{ get; }}\n}}\n"));
}
