using System.Diagnostics;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using ModelDsl.Benchmarks.Ratios;
using ModelDsl.TestSupport;
using Spectre.Console;

namespace ModelDsl.Benchmarks.Compiler;

/// <summary>How long the generator takes: in a new process, warm, after an unrelated edit and after the edit of one attribute, as in a build and as in an editor.</summary>
internal static class CompilerCommand
{
    private const int Runs = 15;

    /// <summary>Runs it, or what a process of its own does for it.</summary>
    public static int Run(string[] options)
    {
        switch (options)
        {
            case []:
                break;
            case ["cold", string name]:
                Console.WriteLine(Time(() => ModelCompilation.Driver().RunGenerators(Compile(Models[name]))).ToString(CultureInfo.InvariantCulture));
                return 0;
            default:
                Console.Error.WriteLine("'compiler' takes no options.");
                return 1;
        }

        Table table = new Table().AddColumns("milliseconds", "new process", "warm build", "edit of one attribute", "the same in an editor", "unrelated edit in an editor");
        foreach ((string name, string source) in Models)
        {
            double[] cold = [.. Enumerable.Range(0, 3).Select(_ => Child(name)).Order()];
            (double build, double attribute, double unrelated) = Warm(source, asEditor: false);
            (_, double inEditor, unrelated) = Warm(source, asEditor: true);
            table.AddRow([name, .. new[] { cold[1], build, attribute, inEditor, unrelated }.Select(value => value.ToString("F1", CultureInfo.InvariantCulture))]);
        }

        AnsiConsole.Write(table);
        return 0;
    }

    private static IReadOnlyDictionary<string, string> Models { get; } = new Dictionary<string, string> { ["GPT-2, 12 layers"] = Sources.Gpt2, ["hybrid, 128 layers"] = Sources.Deep };

    // Medians. An edit of an attribute changes the context, so that everything after the reading is done again.
    private static (double Build, double Attribute, double Unrelated) Warm(string source, bool asEditor)
    {
        List<double> build = [], attribute = [], unrelated = [];
        for (int run = 0; run < Runs; run++)
        {
            CSharpCompilation compilation = Compile(source);
            GeneratorDriver driver = ModelCompilation.Driver(asEditor);
            build.Add(Time(() => driver = driver.RunGenerators(compilation)));
            SyntaxTree tree = compilation.SyntaxTrees.Single(tree => tree.ToString().Contains("[Model(", StringComparison.Ordinal));
            CSharpCompilation edited = compilation.ReplaceSyntaxTree(tree, ModelCompilation.Parse(tree.ToString().Replace("Context = ", "Context = 1", StringComparison.Ordinal), tree.FilePath));
            attribute.Add(Time(() => driver = driver.RunGenerators(edited)));
            CSharpCompilation other = edited.AddSyntaxTrees(ModelCompilation.Parse("class Other { }", "/src/Other.cs"));
            unrelated.Add(Time(() => driver = driver.RunGenerators(other)));
        }

        return (Median(build), Median(attribute), Median(unrelated));
    }

    private static CSharpCompilation Compile(string source) => ModelCompilation.Create("Demo", [source]);

    private static double Child(string model)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [typeof(CompilerCommand).Assembly.Location, "compiler", "cold", model]) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? double.Parse(output, CultureInfo.InvariantCulture) : throw new BenchmarkException($"The process that compiles '{model}' ended with exit code {process.ExitCode}.");
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    private static double Time(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
