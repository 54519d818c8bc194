using System.Diagnostics;
using ModelDsl.Benchmarks.Machine;

namespace ModelDsl.Benchmarks.Ratios;

/// <summary>What came of a contender.</summary>
/// <param name="Group">The group's name.</param>
/// <param name="Contender">The contender's name.</param>
/// <param name="Seconds">Median seconds of one unit of work; null where it is not timed.</param>
/// <param name="Figure">The figure of it.</param>
/// <param name="Best">The figure of the best round: what is left of the noise of a shared machine.</param>
/// <param name="Unit">The unit of both figures.</param>
internal sealed record Measurement(string Group, string Contender, double? Seconds, double Figure, double Best, string Unit);

/// <summary>What came of a row.</summary>
/// <param name="Name">The row's name.</param>
/// <param name="Ratio">Median of the rounds' ratios.</param>
/// <param name="Lowest">First quartile.</param>
/// <param name="Highest">Third quartile.</param>
/// <param name="Required">What must be reached.</param>
/// <param name="Aim">What is aimed at.</param>
/// <param name="Verdict">aim, required or missed.</param>
/// <param name="Note">What a reader must know.</param>
internal sealed record RatioResult(string Name, double Ratio, double Lowest, double Highest, double Required, double Aim, string Verdict, string? Note);

/// <summary>What came of a group.</summary>
/// <param name="Measurements">Each contender's median.</param>
/// <param name="Rows">The ratios.</param>
/// <param name="Others">Largest part of the processors' time that other processes took in a round that counts.</param>
/// <param name="Remark">How well results agree.</param>
internal sealed record GroupResult(IReadOnlyList<Measurement> Measurements, IReadOnlyList<RatioResult> Rows, double Others, string? Remark);

/// <summary>Runs groups: contenders take turns, so that what else the machine does meets all of them.</summary>
internal static class RatioRunner
{
    private const double WarmUp = 0.4;

    // A round in which other processes took more than this is measured again; the calmest rounds count.
    private const double Disturbed = 0.04;
    private const int MostAttempts = 2;

    /// <summary>Measures a group.</summary>
    /// <exception cref="BenchmarkException">The contenders do not do the same work, or one cannot be measured undisturbed by another.</exception>
    public static GroupResult Run(RatioGroup group)
    {
        string? remark = group.Check?.Invoke();

        // Whoever comes first in a round may find other caches and another clock rate than whoever comes last: each round has an order of its own.
        Random random = new(1);
        Contender[] order = [.. group.Contenders];
        Dictionary<string, int> repeats = group.Contenders.ToDictionary(contender => contender.Name, contender => Prepare(contender, group.Slice));
        List<Round> measured = [];
        while (measured.Count(round => round.Others < Disturbed) < group.Rounds && measured.Count < group.Rounds * MostAttempts)
        {
            OtherLoad others = new();
            random.Shuffle(order);
            Dictionary<string, double> samples = order.ToDictionary(contender => contender.Name, contender => Measure(contender, repeats[contender.Name]));
            measured.Add(new Round(samples, group.Contenders.All(contender => contender.IsTimed) ? others.Share ?? 0 : 0));
        }

        List<Round> rounds = [.. measured.OrderBy(round => round.Others).Take(group.Rounds)];

        List<Measurement> measurements = [.. group.Contenders.Select(contender =>
        {
            double[] samples = [.. rounds.Select(round => round[contender.Name])];
            double sample = Quantile(samples, 0.5);
            return new Measurement(
                group.Name, contender.Name, contender.IsTimed ? sample : null, group.Figure(contender.Name, sample), group.Figure(contender.Name, samples.Min()), group.Unit);
        })];
        return new GroupResult(measurements, [.. group.Rows.Select(row => Evaluate(row, rounds))], rounds.Max(round => round.Others), remark);
    }

    /// <summary>Judges a ratio.</summary>
    public static RatioResult Evaluate(RatioRow row, IReadOnlyList<Round> rounds)
    {
        double[] values = [.. rounds.Select(row.Value)];
        double ratio = Quantile(values, 0.5);
        bool Reaches(double bar) => row.Better == Better.Higher ? ratio >= bar : ratio <= bar;
        string verdict = Reaches(row.Aim) ? "aim" : Reaches(row.Required) ? "required" : "missed";
        return new RatioResult(row.Name, ratio, Quantile(values, 0.25), Quantile(values, 0.75), row.Required, row.Aim, verdict, row.Note);
    }

    // How many units fill a slice. Compiled code becomes fast only after many calls.
    private static int Prepare(Contender contender, double slice)
    {
        if (!contender.IsTimed) return 1;
        Stopwatch all = Stopwatch.StartNew();
        double last;
        do last = contender.Unit();
        while (all.Elapsed.TotalSeconds < WarmUp);
        return Math.Max(1, (int)(slice / last));
    }

    private static double Measure(Contender contender, int repeats)
    {
        if (!contender.IsTimed) return contender.Unit();
        OwnThreads.Settle();
        if (repeats > 1) contender.Unit(); // wakes threads and refills caches
        double sum = 0;
        for (int i = 0; i < repeats; i++) sum += contender.Unit();
        return sum / repeats;
    }

    private static double Quantile(IEnumerable<double> values, double part)
    {
        double[] sorted = [.. values.Order()];
        double at = part * (sorted.Length - 1);
        int low = (int)at;
        return low + 1 < sorted.Length ? sorted[low] + (at - low) * (sorted[low + 1] - sorted[low]) : sorted[low];
    }
}
