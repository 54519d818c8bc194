using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using ModelDsl.Benchmarks.Ratios;

namespace ModelDsl.Benchmarks.Startup;

/// <summary>When a process that trains said that a step had ended: a line that begins with <c>step N</c>.</summary>
/// <param name="First">Seconds from the start of the process to its first step's line.</param>
/// <param name="Tenth">Median seconds of a step, of the lines around the tenth second.</param>
/// <param name="Steady">Median seconds of a step, of the lines from the fifteenth second on.</param>
internal sealed partial record Trace(double First, double Tenth, double Steady)
{
    private const double Seconds = 20;

    /// <summary>Runs a program for 20 seconds, then ends it.</summary>
    /// <param name="folder">Where it is run.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <exception cref="BenchmarkException">It ended by itself, or its lines are too far apart to tell its speed at the tenth second or later.</exception>
    public static Trace Of(string folder, params string[] command)
    {
        List<(int Step, double At)> lines = [];
        long start = Stopwatch.GetTimestamp();
        using Process process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
        try
        {
            for (double at = 0; at < Seconds;)
            {
                string line = process.StandardOutput.ReadLine() ?? throw new BenchmarkException($"'{string.Join(' ', command)}' ended before {Seconds} s had passed.");
                at = Stopwatch.GetElapsedTime(start).TotalSeconds;
                if (StepLine().Match(line) is { Success: true } match) lines.Add((int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), at));
            }
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }

        (double At, double Step)[] steps = [.. lines.Zip(lines.Skip(1), (before, after) => (after.At, (after.At - before.At) / (after.Step - before.Step)))];
        double[] tenth = [.. steps.Where(step => step.At is > 9 and < 11).Select(step => step.Step)], steady = [.. steps.Where(step => step.At > 15).Select(step => step.Step)];
        return tenth.Length > 0 && steady.Length > 0
            ? new Trace(lines[0].At, Median(tenth), Median(steady))
            : throw new BenchmarkException($"Steps of '{string.Join(' ', command)}' take too long here: none ended around the tenth second, or none from the fifteenth on.");
    }

    /// <summary>The median.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    [GeneratedRegex(@"^step (\d+)\b")]
    private static partial Regex StepLine();
}
