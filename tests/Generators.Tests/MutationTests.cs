using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using ModelDsl.TestSupport;

namespace ModelDsl.Generators.Tests;

/// <summary>
/// Random edits of declarations, as half-typed code is: the generator never fails, and what it writes compiles wherever nothing is reported.
/// <c>MUTATIONS</c> sets their number, <c>MUTATION_SEED</c> the seed.
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
    public void HalfTypedDeclarationsNeverBreakTheGenerator()
    {
        int count = Setting("MUTATIONS", 150);
        int seed = Setting("MUTATION_SEED", 20251);
        string[] sources = [Sources.Gpt2, Sources.Llama, Sources.Nested];
        int silent = 0;
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = 2 }, index =>
        {
            Random random = new(seed + index);
            string source = Mutate(sources[random.Next(sources.Length)], random);
            CSharpCompilation compilation = ModelCompilation.Create("Demo", [source]);
            GeneratorDriver driver = ModelCompilation.Driver(asEditor: true).RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);
            GeneratorRunResult result = driver.GetRunResult().Results.Single();
            Assert.True(result.Exception is null, $"Seed {seed}, mutation {index}: {result.Exception}\n{source}");
            if (result.Diagnostics.Any() || HasErrors(compilation)) return;
            Interlocked.Increment(ref silent);

            // A partial property that is no layer is left to C#, which says that it has no body.
            string[] problems = [.. ModelCompilation.Problems(output).Where(problem => !problem.Contains("CS9248", StringComparison.Ordinal))];
            Assert.True(problems.Length == 0, $"Seed {seed}, mutation {index}: {string.Join("\n", problems)}\n{source}");
        });
        Assert.InRange(silent, count / 20, count);
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
                3 or 4 => (numbers[random.Next(numbers.Count)], Numbers[random.Next(Numbers.Length)]),
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
