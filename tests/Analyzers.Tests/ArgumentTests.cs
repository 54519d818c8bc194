using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ModelDsl.Analyzers.Tests;

/// <summary>
/// A valid model with each of its numbers replaced: the analyzer, the compiler and the generator say the same of it, and what is reported stands at an argument,
/// or at the layer that leads there, and never at the class.
/// </summary>
public class ArgumentTests
{
    private const string Model = """
        using ModelDsl;

        [Model(Width = 24, Context = 16)]
        public sealed partial class Lm
        {
            [Embedding(Vocabulary = 12, LearnedPositions = true)] public partial Embedding Tokens { get; }
            [Repeat(2)] public partial BlockStack<Layer> Layers { get; }
            [LayerNorm(Epsilon = 6)] public partial Norm FinalNorm { get; }
            [LanguageHead(Vocabulary = 12, SoftCap = 30)] public partial Head Head { get; }
        }

        [Block]
        public sealed partial class Layer
        {
            [PreNorm(Epsilon = 5), Residual, Attention(Heads = 4, KeyValueHeads = 2, HeadWidth = 8, Window = 4, Rotary = true, RotaryWidth = 6, RotaryTheta = 10000, SoftCap = 20)]
            public partial Attention First { get; }

            [Residual, Attention(Heads = 6)] public partial Attention Second { get; }
            [Residual, Attention(HeadWidth = 12)] public partial Attention Third { get; }
            [Residual, PostNorm(NormKind.LayerNorm, Epsilon = 5), Ffn(Hidden = 32)] public partial Ffn Fourth { get; }
            [Residual, GatedFfn(HiddenRatio = 2)] public partial Ffn Fifth { get; }
        }
        """;

    private static readonly Regex Number = new(@"(?<== |Repeat\()\d+");

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Number.Count(Model))];

    [Fact]
    public async Task TheModelIsValid() => Assert.Empty((await AnalyzerHarness.Examine(Model)).Reported);

    [Theory]
    [MemberData(nameof(Numbers))]
    public async Task ANumberIsRefusedWhereItStands(int number)
    {
        Match place = Number.Matches(Model)[number];
        foreach (string value in new[] { "-1", "0", "1", "5", "2147483647" })
        {
            Examined examined = await AnalyzerHarness.Examine(Model.Remove(place.Index, place.Length).Insert(place.Index, value));
            Assert.DoesNotContain(examined.Reported, diagnostic => diagnostic.Location.SourceTree!.GetRoot().FindNode(diagnostic.Location.SourceSpan) is TypeDeclarationSyntax);
            // No size, count or constant is negative.
            if (value == "-1") Assert.Contains(examined.Reported, diagnostic => diagnostic.Location.SourceSpan.Contains(place.Index));
        }
    }
}
