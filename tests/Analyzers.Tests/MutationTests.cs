using System.Globalization;
using Microsoft.CodeAnalysis;
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
    private const string WithoutBody = "CS9248";

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
            string source = Mutation.Of(sources[random.Next(sources.Length)], random);
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
        Diagnostic[] alone = [.. ModelCompilation.Create("Demo", [source]).GetDiagnostics().Where(ModelCompilation.IsProblem)];
        if (examined.Reported.Length > 0 || alone.Any(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error && diagnostic.Id != WithoutBody)) return false;

        // What C# warns of in the source is the user's; a partial property that is no layer is left to C#, which says that it has no body.
        Assert.Empty(examined.OfCSharp.Select(diagnostic => diagnostic.Id).Except([WithoutBody, .. alone.Select(diagnostic => diagnostic.Id)]));
        return true;
    }

    private static int Setting(string name, int otherwise)
        => Environment.GetEnvironmentVariable(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
