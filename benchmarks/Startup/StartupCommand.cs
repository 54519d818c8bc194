using System.Runtime.CompilerServices;
using ModelDsl.Benchmarks.Ratios;

namespace ModelDsl.Benchmarks.Startup;

/// <summary>
/// How long a program made from the template takes to its first step and whether it is at full speed in its tenth second: with the template's own model against itself later, and with the
/// 13.9 M model against <c>benchmarks/Steps</c>, which trains that model as the repository builds it. And what a native image of Steps does. All in processes of their own, by turns.
/// </summary>
internal static class StartupCommand
{
    private const int Rounds = 3;

    /// <summary>Runs it.</summary>
    /// <returns>0 when all that is required is reached, 2 when something is missed, 1 where a program could not be built or run.</returns>
    public static int Run()
    {
        string benchmarks = Path.GetFullPath(Path.Combine(Here(), "..")), steps = Path.Combine(benchmarks, "Steps");
        string root = Directory.CreateTempSubdirectory("modeldsl-startup-").FullName;
        try
        {
            TemplateProjects projects = new(Path.GetFullPath(Path.Combine(benchmarks, "..")), root);
            (string Folder, string Program) template = projects.Build("Template");
            (string Folder, string Program) larger = projects.Build("Larger", ("Model.cs", Path.Combine(benchmarks, "Models.cs")), ("Program.cs", Path.Combine(steps, "Program.cs")));
            TemplateProjects.Dotnet(steps, "publish", "-c", "Release", "-p:PublishAot=false", "-o", Path.Combine(root, "benchmark"));
            TemplateProjects.Dotnet(steps, "publish", "-c", "Release", "-o", Path.Combine(root, "native")); // needs a C compiler as linker

            List<Trace> ofTemplate = [], ofLarger = [], ofBenchmark = [], ofNative = [];
            for (int round = 0; round < Rounds; round++)
            {
                // More steps than it has time for.
                ofTemplate.Add(Trace.Of(template.Folder, "dotnet", template.Program, "1000000"));
                ofLarger.Add(Trace.Of(larger.Folder, "dotnet", larger.Program));
                ofBenchmark.Add(Trace.Of(root, "dotnet", Path.Combine(root, "benchmark/ModelDsl.Steps.dll")));
                ofNative.Add(Trace.Of(root, Path.Combine(root, "native/ModelDsl.Steps")));
            }

            StartupTable table = new();
            table.AddAtMost("template: start of the process to the end of the first step, s", 3, ofTemplate.Select(trace => trace.First));
            table.AddAtLeast("template: speed in the tenth second, of that from the fifteenth on", 0.95, ofTemplate.Select(trace => trace.Steady / trace.Tenth));
            table.AddAtMost("template with the 13.9 M model: start to the end of the first step, s", 3, ofLarger.Select(trace => trace.First));
            table.AddAtLeast("template with the 13.9 M model: speed in the tenth second, of the benchmark's", 0.95, ofBenchmark.Zip(ofLarger, (benchmark, larger) => benchmark.Steady / larger.Tenth));
            table.Add("benchmark: a step of that model from the fifteenth second on, s", ofBenchmark.Select(trace => trace.Steady));
            table.Add("native image (IlcInstructionSet native): start to the end of the first step, s", ofNative.Select(trace => trace.First));
            table.AddAtLeast("native image: speed from the fifteenth second on, of the benchmark's", 0.9, ofBenchmark.Zip(ofNative, (benchmark, native) => benchmark.Steady / native.Steady));
            table.Print();
            return table.IsReached ? 0 : 2;
        }
        catch (BenchmarkException exception)
        {
            Console.Error.WriteLine(exception.Message);
            return 1;
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
