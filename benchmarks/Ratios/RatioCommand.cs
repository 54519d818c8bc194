using System.Globalization;
using ModelDsl.Benchmarks.Peers;
using ModelDsl.Benchmarks.Ratios.Spark;
using ModelDsl.Threading;
using ModelDsl.TorchReference;
using Spectre.Console;
using TorchSharp;

namespace ModelDsl.Benchmarks.Ratios;

/// <summary>The quick mode: measures all groups, prints a table and writes a file.</summary>
internal static class RatioCommand
{
    /// <summary>Runs it.</summary>
    /// <param name="options">--output FILE for the JSON file, --only TEXT for the groups whose names contain it.</param>
    /// <returns>0 when every required ratio is reached, 2 when one is missed, 1 where the command line or the system is wrong or contenders' results differ.</returns>
    public static int Run(string[] options)
    {
        string output = "ratios.json", only = "";
        for (int i = 0; i < options.Length; i += 2)
        {
            if (i + 1 == options.Length || options[i] is not ("--output" or "--only"))
            {
                AnsiConsole.MarkupLineInterpolated($"[red]Unknown option '{options[i]}'.[/] There are --output FILE and --only TEXT.");
                return 1;
            }

            if (options[i] == "--output") output = options[i + 1];
            else only = options[i + 1];
        }

        if (TorchLoader.Unavailable is { } reason)
        {
            AnsiConsole.MarkupLineInterpolated($"[red]{reason}[/]");
            return 1;
        }

        try
        {
            RatioReport report = Measure(only);
            report.Print(AnsiConsole.Console);
            report.Write(output);
            AnsiConsole.MarkupLineInterpolated($"Written to {Path.GetFullPath(output)}");
            return report.Rows.Any(row => row.Verdict == "missed") ? 2 : 0;
        }
        catch (Exception exception) when (exception is BenchmarkException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(exception.Message);
            return 1;
        }
    }

    private static RatioReport Measure(string only)
    {
        int threads = Environment.ProcessorCount;
        torch.set_num_threads(threads);
        using WorkerPool pool = new(threads);
        RatioReport report = new() { Machine = MachineDescription.Create(threads) };
        if (OpenBlas.Missing is { } missing) report.Remarks.Add($"skipped OpenBLAS: {missing}");
        bool any = false;
        foreach ((string name, Func<RatioGroup> create) in Groups(pool, threads))
        {
            if (!name.Contains(only, StringComparison.OrdinalIgnoreCase)) continue;
            any = true;
            if (!Console.IsOutputRedirected) AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[grey]{name} ...[/]");
            using RatioGroup group = create();
            report.Add(RatioRunner.Run(group));
        }

        return any ? report : throw new BenchmarkException($"No group's name contains '{only}': there are {string.Join(", ", Groups(pool, threads).Select(group => group.Name).Distinct())}.");
    }

    private static IEnumerable<(string Name, Func<RatioGroup> Create)> Groups(WorkerPool pool, int threads) =>
    [
        ("machine", () => MachineGroup.Peak(threads)),
        ("machine", () => MachineGroup.Bandwidth(threads)),
        .. MatMulGroups.All(pool).Select(create => ("matrix product", create)),
        ("training", () => TrainingGroup.Create(threads)),
        ("decode", () => DecodeGroup.Create(threads)),
        ("spark top-k", () => TopKGroup.Create(pool)),
        ("spark attention", () => SparkAttentionGroup.Create(pool, 4096, 2.5, 2.91)),
        ("spark attention", () => SparkAttentionGroup.Create(pool, 8192, 2.9, 3.37)),
        ("spark ffn", () => SparkFfnGroup.Create(threads)),
        ("spark training", () => SparkTrainingGroup.Create(threads)),
        ("spark decode", () => SparkDecodeGroup.Decode(threads, 256)),
        ("spark prefill", () => SparkDecodeGroup.Prefill(threads, 256)),
        ("memory", MemoryChild.Group),
    ];
}
