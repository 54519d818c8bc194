using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.TestSupport;
using Xunit.Sdk;

namespace ModelDsl.Analyzers.Tests;

/// <summary>
/// Random edits of valid and invalid declarations, as half-typed code is: neither the generator nor the analyzer ever fails, they agree, and what is generated, bodies
/// included, compiles wherever nothing is reported. <c>MUTATIONS</c> sets their number, <c>MUTATION_SEED</c> the seed.
/// </summary>
public class MutationTests
{
    private static readonly string[] Words =
    [
        "Embedding", "RmsNorm", "LayerNorm", "Attention", "Ffn", "GatedFfn", "LanguageHead", "PreNorm", "PostNorm", "Residual", "Repeat", "Block", "Model", "Norm", "Head",
        "BlockStack", "Width", "Heads", "Hidden", "TiedTo", "partial", "static", "abstract", "sealed", "record", "struct", "private", "required", "virtual", "nameof", "Tokens",
        "Name", "Parameters", "int", "get", "set", "init",
    ];

    private static readonly string[] Numbers = ["0", "-1", "1", "7", "2147483647", "0.5", "1e300", "null", "\"x\"", "(NormKind)9", "default"];

    [Fact]
    public async Task HalfTypedDeclarationsNeverBreakTheCompiler()
    {
        int count = Setting("MUTATIONS", 150), seed = Setting("MUTATION_SEED", 20251);
        string[] valid = [Sources.Gpt2, Sources.Llama, Sources.Nested];
        string[] wrong = [.. DiagnosticPage.Rules.SelectMany(rule => DiagnosticPage.Read(rule.Id).Code("Wrong").Take(1))];
        int silent = 0;
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (index, cancellation) =>
        {
            Random random = new(seed + index);
            string[] sources = random.Next(4) == 0 ? wrong : valid;
            string source = Mutate(sources[random.Next(sources.Length)], random);
            try
            {
                if (await IsSilent(source)) Interlocked.Increment(ref silent);
            }
            catch (Exception exception)
            {
                throw new XunitException($"Seed {seed}, mutation {index}: {exception.Message}\n{source}", exception);
            }
        });
        Assert.InRange(silent, count / 20, count);
    }

    // Whether nobody reports anything; then the whole must compile.
    private static async Task<bool> IsSilent(string source)
    {
        Examined examined = await AnalyzerHarness.Examine(source);
        Assert.DoesNotContain(examined.OfGenerator, diagnostic => diagnostic.Id == DiagnosticCatalogue.InternalError.Id);
        if (examined.Reported.Length > 0 || HasErrors(ModelCompilation.Create("Demo", [source]))) return false;

        // A partial property that is no layer is left to C#, which says that it has no body.
        Assert.All(examined.OfCSharp, diagnostic => Assert.Equal("CS9248", diagnostic.Id));
        return true;
    }

    // What C# says of the source alone, but for the bodies that the generator is to write.
    private static bool HasErrors(CSharpCompilation compilation) => compilation.GetDiagnostics()
        .Any(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error && diagnostic.Id != "CS9248");

    private static string Mutate(string source, Random random)
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

    private static int Setting(string name, int otherwise)
        => Environment.GetEnvironmentVariable(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
