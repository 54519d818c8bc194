using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using ModelDsl.Benchmarks.Ratios;
using Spectre.Console;

namespace ModelDsl.Benchmarks.Startup;

/// <summary>
/// How long a program that trains takes to its first step, whether it is at full speed in its tenth second, and what a native image of it does: the 13.9 M model, in processes
/// of their own, by turns.
/// </summary>
internal static class StartupCommand
{
    private const int Rounds = 3, Seconds = 20;

    /// <summary>Runs it.</summary>
    /// <returns>0 when all that is required is reached, 2 when something is missed, 1 where a program could not be built or run.</returns>
    public static int Run()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"modeldsl-startup-{Environment.ProcessId}");
        try
        {
            Dotnet("publish", "-c", "Release", "-p:PublishAot=false", "-o", Path.Combine(folder, "jit"));
            Dotnet("publish", "-c", "Release", "-o", Path.Combine(folder, "native"));
            List<Trace> jit = [], native = [];
            for (int round = 0; round < Rounds; round++)
            {
                jit.Add(Trace.Of("dotnet", Path.Combine(folder, "jit", "ModelDsl.Steps.dll")));
                native.Add(Trace.Of(Path.Combine(folder, "native", "ModelDsl.Steps")));
            }

            return Print(jit, native);
        }
        catch (BenchmarkException exception)
        {
            Console.Error.WriteLine(exception.Message);
            return 1;
        }
        finally
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }

    private static int Print(List<Trace> jit, List<Trace> native)
    {
        double steady = Median(jit.Select(trace => trace.Steady)), first = Median(jit.Select(trace => trace.First)), tenth = Median(jit.Select(trace => trace.Steady / trace.Tenth));
        double ofNative = Median(jit.Zip(native, (theirs, ours) => theirs.Steady / ours.Steady));
        Table table = new Table().AddColumns("what", "measured", "required");
        bool reached = true;
        Row("start of the process to the end of the first step, s", first, first <= 3, "at most 3");
        Row("speed in the tenth second, of that from the fifteenth on", tenth, tenth >= 0.95, "0.95");
        Row("a step from the fifteenth second on, s", steady, true, "");
        Row("native image (IlcInstructionSet native): start to the end of the first step, s", Median(native.Select(trace => trace.First)), true, "");
        Row("native image: speed, of the JIT's", ofNative, ofNative >= 0.9, "0.9");
        AnsiConsole.Write(table);
        return reached ? 0 : 2;

        void Row(string what, double value, bool isReached, string required)
        {
            reached &= isReached;
            table.AddRow(what, value.ToString("F3", CultureInfo.InvariantCulture), required.Length == 0 ? "" : required + (isReached ? "" : " (missed)"));
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static void Dotnet(params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", arguments) { WorkingDirectory = Path.Combine(Here(), "../Steps"), RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new BenchmarkException($"dotnet {string.Join(' ', arguments)} failed; a native image needs a C compiler as linker:\n{output}");
    }

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    /// <summary>Times of one process.</summary>
    /// <param name="First">Seconds from its start to the end of its first step.</param>
    /// <param name="Tenth">Median seconds of a step that ended around its tenth second.</param>
    /// <param name="Steady">Median seconds of a step from its fifteenth second on.</param>
    private sealed record Trace(double First, double Tenth, double Steady)
    {
        public static Trace Of(string program, params string[] arguments)
        {
            ProcessStartInfo start = new(program, [.. arguments, Seconds.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true };
            using Process process = Process.Start(start)!;
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0) throw new BenchmarkException($"{program} ended with exit code {process.ExitCode}.");
            (double At, double Took)[] steps = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).Select(Parse)];
            if (!steps.Any(step => step.At is > 9 and < 11) || !steps.Any(step => step.At > 15)) throw new BenchmarkException("Steps take too long here: none ended around the tenth second, or none from the fifteenth on.");
            return new Trace(steps[0].At, Median(steps.Where(step => step.At is > 9 and < 11).Select(step => step.Took)), Median(steps.Where(step => step.At > 15).Select(step => step.Took)));
        }

        private static (double At, double Took) Parse(string[] numbers)
            => (double.Parse(numbers[0], CultureInfo.InvariantCulture), double.Parse(numbers[1], CultureInfo.InvariantCulture));
    }
}
