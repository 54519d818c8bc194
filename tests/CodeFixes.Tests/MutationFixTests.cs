using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using ModelDsl.TestSupport;
using Xunit.Sdk;

namespace ModelDsl.CodeFixes.Tests;

/// <summary>
/// Random edits of declarations, as half-typed code is: whatever is offered parses and mends what it was offered for, at least where C# has nothing to say of the source.
/// <c>FIX_MUTATIONS</c> sets their number, <c>MUTATION_SEED</c> the seed.
/// </summary>
public class MutationFixTests
{
    private static readonly string[] Valid = [Sources.Gpt2, Sources.Llama, Sources.Nested];

    [Fact]
    public async Task WhatIsOfferedMends()
    {
        int count = Setting("FIX_MUTATIONS", 150), seed = Setting("MUTATION_SEED", 20252), mended = 0;
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (index, _) =>
        {
            Random random = new(seed + index);
            string source = Mutation.Of(Valid[random.Next(Valid.Length)], random);
            try
            {
                Interlocked.Add(ref mended, await Mend(source));
            }
            catch (Exception exception)
            {
                throw new XunitException($"Seed {seed}, mutation {index}: {exception.Message}\n{source}", exception);
            }
        });
        Assert.InRange(mended, count / 20, int.MaxValue);
    }

    private static async Task<int> Mend(string source)
    {
        int mended = 0;
        using FixWorkspace workspace = new(source);
        Diagnostic[] before = await FixWorkspace.Diagnostics(workspace.Project);
        bool isClear = IsClear(source);
        foreach (Diagnostic diagnostic in before.Where(found => FixTable.Ids.Contains(found.Id)))
        {
            foreach (CodeAction offer in await workspace.Offers(diagnostic))
            {
                Project changed = await workspace.After(offer);
                if (!isClear) continue;
                string text = Assert.Single(await FixWorkspace.Texts(changed));
                Assert.False(ModelCompilation.Parse(text, "/src/Mended.cs").GetDiagnostics().Any(), $"{diagnostic.Id}: {offer.Title}\n{text}");
                Assert.True(Count(await FixWorkspace.Diagnostics(changed)) < Count(before), $"{diagnostic.Id}: {offer.Title}\n{text}");
                mended++;
            }

            int Count(Diagnostic[] found) => found.Count(other => other.Id == diagnostic.Id && Message(other) == Message(diagnostic));
        }

        return mended;
    }

    // The bodies of partial properties are the generator's to write.
    private static bool IsClear(string source) => !ModelCompilation.Create("Demo", [source]).GetDiagnostics()
        .Any(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error && diagnostic.Id is not ("CS9248" or "CS0751"));

    private static string Message(Diagnostic diagnostic) => diagnostic.GetMessage(CultureInfo.InvariantCulture);

    private static int Setting(string name, int otherwise)
        => Environment.GetEnvironmentVariable(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
