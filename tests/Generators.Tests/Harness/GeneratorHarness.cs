using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using ModelDsl.TestSupport;

namespace ModelDsl.Generators.Tests;

/// <summary>
/// Runs the generator on source text. Every run is also a test of the pipeline: it is repeated after unrelated edits, where the reading
/// steps must be Unchanged and everything after them Cached, and no step may hold a Roslyn object.
/// </summary>
internal sealed class GeneratorHarness
{
    private GeneratorHarness(Compilation output, GeneratorRunResult result)
    {
        Output = output;
        Result = result;
    }

    /// <summary>The compilation with the generated files.</summary>
    public Compilation Output { get; }

    /// <summary>What the generator gave.</summary>
    public GeneratorRunResult Result { get; }

    /// <summary>Errors and warnings of C# and of the generator.</summary>
    public IReadOnlyList<string> Problems => [.. ModelCompilation.Problems(Output), .. Result.Diagnostics.Select(diagnostic => diagnostic.ToString())];

    /// <summary>Names of the generated files, in order.</summary>
    public IEnumerable<string> Files => Result.GeneratedSources.Select(source => source.HintName);

    /// <summary>Text of a generated file.</summary>
    public string this[string hintName] => Result.GeneratedSources.Single(source => source.HintName == hintName).SourceText.ToString();

    /// <summary>Runs on files that may be wrong.</summary>
    public static GeneratorHarness Run(params string[] sources) => Run(asEditor: false, ModelCompilation.Create("Demo", sources));

    /// <summary>Runs as an editor does: without implementation-only files.</summary>
    public static GeneratorHarness RunAsEditor(params string[] sources) => Run(asEditor: true, ModelCompilation.Create("Demo", sources));

    /// <summary>Runs on files that must compile without a warning.</summary>
    public static GeneratorHarness RunValid(params string[] sources)
    {
        GeneratorHarness run = Run(sources);
        Assert.True(run.Problems.Count == 0, string.Join("\n", run.Problems));
        return run;
    }

    /// <summary>Runs on a compilation.</summary>
    public static GeneratorHarness Run(bool asEditor, CSharpCompilation compilation)
    {
        GeneratorDriver driver = ModelCompilation.Driver(asEditor).RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);
        GeneratorRunResult result = driver.GetRunResult().Results.Single();
        Assert.Null(result.Exception);
        AssertHoldsNoRoslyn(result);

        SyntaxTree added = ModelCompilation.Parse("internal sealed class Unrelated { public int Value => 1; }", "/src/Unrelated.cs");
        AssertCached(driver.RunGenerators(compilation.AddSyntaxTrees(added)), "a class was added");
        AssertCached(driver.RunGenerators(WithComments(compilation)), "a comment was added to every file");
        return new GeneratorHarness(output, result);
    }

    private static CSharpCompilation WithComments(CSharpCompilation compilation)
    {
        foreach (SyntaxTree tree in compilation.SyntaxTrees)
            compilation = compilation.ReplaceSyntaxTree(tree, ModelCompilation.Parse("// A comment.\n" + tree.GetText(), tree.FilePath));
        return compilation;
    }

    private static void AssertCached(GeneratorDriver driver, string edit)
    {
        GeneratorRunResult result = driver.GetRunResult().Results.Single();
        Assert.Null(result.Exception);
        foreach ((string name, ImmutableArray<IncrementalGeneratorRunStep> steps) in result.TrackedSteps)
        {
            if (!IsOurs(name)) continue;
            bool reading = TrackingNames.Reading.Contains(name);
            foreach (IncrementalStepRunReason reason in steps.SelectMany(step => step.Outputs).Select(output => output.Reason))
            {
                Assert.True(
                    reason == IncrementalStepRunReason.Cached || (reading && reason == IncrementalStepRunReason.Unchanged),
                    $"After {edit}, step {name} is {reason}.");
            }
        }

        foreach (IncrementalStepRunReason reason in result.TrackedOutputSteps.Values.SelectMany(steps => steps).SelectMany(step => step.Outputs).Select(output => output.Reason))
            Assert.True(reason == IncrementalStepRunReason.Cached, $"After {edit}, an output is {reason}.");
    }

    private static void AssertHoldsNoRoslyn(GeneratorRunResult result)
    {
        foreach ((string name, ImmutableArray<IncrementalGeneratorRunStep> steps) in result.TrackedSteps)
        {
            if (!IsOurs(name)) continue;
            foreach (object value in steps.SelectMany(step => step.Outputs).Select(output => output.Value))
            {
                if (ObjectGraph.FindRoslyn(value) is { } path) Assert.Fail($"Step {name} holds a Roslyn object: {path}.");
            }
        }
    }

    private static bool IsOurs(string name) => StepNames.Value.Contains(name);

    private static readonly Lazy<HashSet<string>> StepNames = new(() => typeof(TrackingNames)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Where(field => field.IsLiteral)
        .Select(field => (string)field.GetRawConstantValue()!)
        .ToHashSet());
}
