using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ModelDsl.TestSupport;

/// <summary>Random edits of declarations, as half-typed code is.</summary>
internal static class Mutation
{
    private static readonly string[] Words =
    [
        "Embedding", "RmsNorm", "LayerNorm", "Attention", "Ffn", "GatedFfn", "SparkFfn", "TopKFfn", "LanguageHead", "PreNorm", "PostNorm", "Residual", "Repeat", "Block", "Model", "Norm", "Head",
        "BlockStack", "Width", "Heads", "Hidden", "TiedTo", "partial", "static", "abstract", "sealed", "record", "struct", "private", "required", "virtual", "nameof", "Tokens",
        "Name", "Parameters", "int", "get", "set", "init",
    ];

    private static readonly string[] Numbers = ["0", "-1", "1", "7", "2147483647", "0.5", "1e300", "null", "\"x\"", "(NormKind)9", "default"];

    /// <summary>A source with one or two tokens dropped, doubled or replaced.</summary>
    public static string Of(string source, Random random)
    {
        for (int edits = random.Next(1, 3); edits > 0; edits--)
        {
            List<SyntaxToken> tokens = [.. ModelCompilation.Parse(source, "/src/Mutated.cs").GetRoot().DescendantTokens().Where(token => token.Span.Length > 0)];
            SyntaxToken token = tokens[random.Next(tokens.Count)];
            SyntaxToken other = tokens[random.Next(tokens.Count)];
            List<SyntaxToken> numbers = [.. tokens.Where(candidate => candidate.IsKind(SyntaxKind.NumericLiteralToken))];
            List<SyntaxToken> names = [.. tokens.Where(candidate => candidate.IsKind(SyntaxKind.IdentifierToken))];
            (SyntaxToken Place, string Text) edit = random.Next(7) switch
            {
                0 => (token, ""),
                1 => (token, token.Text + " " + token.Text),
                2 => (token, other.Text),
                3 or 4 when numbers.Count > 0 => (numbers[random.Next(numbers.Count)], Numbers[random.Next(Numbers.Length)]),
                5 => (names[random.Next(names.Count)], Words[random.Next(Words.Length)]),
                _ => (names[random.Next(names.Count)], names[random.Next(names.Count)].Text),
            };
            source = source.Remove(edit.Place.SpanStart, edit.Place.Span.Length).Insert(edit.Place.SpanStart, edit.Text);
        }

        return source;
    }
}
