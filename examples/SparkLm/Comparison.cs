using System.Globalization;
using Spectre.Console;

namespace SparkLmExample;

/// <summary>All trainings, and what they come to.</summary>
internal sealed record Comparison(IReadOnlyList<(Variant Variant, IReadOnlyList<Run> Runs)> Results)
{
    /// <summary>Trains every variant from every seed, seed after seed, so that a slow minute of the machine meets all of them.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static Comparison Train(Settings settings, TrainingText text, CancellationToken cancellation)
    {
        Dictionary<Variant, List<Run>> runs = Variant.All.ToDictionary(variant => variant, _ => new List<Run>());
        AnsiConsole.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()).Start(context =>
        {
            for (int seed = 1; seed <= settings.Seeds; seed++)
            {
                foreach (Variant variant in Variant.All)
                {
                    string name = string.Create(CultureInfo.InvariantCulture, $"{variant.Name}, seed {seed}");
                    ProgressTask task = context.AddTask(name, maxValue: settings.Steps);
                    runs[variant].Add(variant.Train(settings, text, seed, (step, loss) =>
                    {
                        task.Value = step;
                        task.Description = string.Create(CultureInfo.InvariantCulture, $"{name}: {loss:F4}");
                    }, cancellation));
                }
            }
        });
        return new Comparison([.. Variant.All.Select(variant => (variant, (IReadOnlyList<Run>)runs[variant]))]);
    }

    /// <summary>The table.</summary>
    public Table Table()
    {
        IReadOnlyList<Run> baseline = Results[0].Runs;
        Table table = new Table().AddColumns("model", "parameters", "validation loss, nats a byte", "spread of the seeds", "against dense", "active neurons", "positions read", "ms a step");
        foreach ((Variant variant, IReadOnlyList<Run> runs) in Results)
        {
            double loss = runs.Average(run => run.Loss);
            // Seed by seed: the same seed drew the same batches.
            double[] against = [.. runs.Zip(baseline, (run, dense) => run.Loss / dense.Loss - 1)];
            table.AddRow(
                variant.Name,
                variant.Card.Parameters.ToString("N0", CultureInfo.InvariantCulture),
                loss.ToString("F4", CultureInfo.InvariantCulture),
                string.Create(CultureInfo.InvariantCulture, $"{runs.Min(run => run.Loss):F4} to {runs.Max(run => run.Loss):F4}"),
                runs == baseline ? "" : string.Create(CultureInfo.InvariantCulture, $"{100 * against.Average():+0.00;-0.00} % ({100 * against.Min():+0.00;-0.00} to {100 * against.Max():+0.00;-0.00})"),
                Share(runs, "Ffn"),
                Share(runs, "Attention"),
                runs.Select(run => run.StepTime.TotalMilliseconds).Order().ElementAt(runs.Count / 2).ToString("F1", CultureInfo.InvariantCulture));
        }

        return table;
    }

    // Of the last step, over layers and seeds.
    private static string Share(IReadOnlyList<Run> runs, string layer)
    {
        double[] last = [.. runs.SelectMany(run => run.Densities.Where(density => density.Step == run.Curve[^1].Step && density.Layer.EndsWith(layer, StringComparison.Ordinal))).Select(density => density.Share)];
        return last.Length == 0 ? "all" : string.Create(CultureInfo.InvariantCulture, $"{100 * last.Average():F1} %");
    }
}
