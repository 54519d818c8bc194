using System.Diagnostics;

namespace ModelDsl.Benchmarks.Ratios;

/// <summary>Who is measured in a group: its work is run in turns with that of the others.</summary>
/// <param name="Name">Who.</param>
/// <param name="Unit">Does one unit of work and returns the seconds it took.</param>
internal sealed record Contender(string Name, Func<double> Unit)
{
    /// <summary>A contender timed from outside.</summary>
    public Contender(string name, Action work) : this(name, () => Time(work)) { }

    /// <summary>A contender whose figure is not a time: measured once a round, without warming up.</summary>
    public static Contender Of(string name, Func<double> figure) => new(name, figure) { IsTimed = false };

    /// <summary>Whether <see cref="Unit"/> returns seconds.</summary>
    public bool IsTimed { get; private init; } = true;

    private static double Time(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}

/// <summary>Which ratios are good.</summary>
internal enum Better
{
    /// <summary>The higher, the better.</summary>
    Higher,

    /// <summary>The lower, the better.</summary>
    Lower,
}

/// <summary>One line of the table.</summary>
/// <param name="Name">What is compared with what.</param>
/// <param name="Value">The ratio, from the seconds of one round.</param>
/// <param name="Required">What must be reached.</param>
/// <param name="Aim">What is aimed at.</param>
internal sealed record RatioRow(string Name, Func<Round, double> Value, double Required, double Aim)
{
    /// <summary>Which ratios are good.</summary>
    public Better Better { get; init; } = Better.Higher;

    /// <summary>What a reader must know to judge the ratio.</summary>
    public string? Note { get; init; }
}

/// <summary>Seconds of one unit of work (or another figure) of each contender, measured one after the other.</summary>
/// <param name="Samples">By the contender's name.</param>
/// <param name="Others">Part of the processors' time that other processes took meanwhile; 0 where the system does not tell.</param>
internal sealed record Round(IReadOnlyDictionary<string, double> Samples, double Others)
{
    /// <summary>A contender's seconds.</summary>
    public double this[string contender] => Samples[contender];
}

/// <summary>Contenders that do the same work in turns, and the ratios that come of it. Made just before it runs, disposed after.</summary>
internal sealed class RatioGroup : IDisposable
{
    private readonly List<IDisposable> owned = [];

    /// <summary>What the work is.</summary>
    public required string Name { get; init; }

    /// <summary>Who does it.</summary>
    public required IReadOnlyList<Contender> Contenders { get; init; }

    /// <summary>What is compared.</summary>
    public IReadOnlyList<RatioRow> Rows { get; init; } = [];

    /// <summary>Unit of <see cref="Figure"/>.</summary>
    public string Unit { get; init; } = "GFLOP/s";

    /// <summary>What the table shows for a contender's name and seconds.</summary>
    public required Func<string, double, double> Figure { get; init; }

    /// <summary>Number of rounds that count.</summary>
    public int Rounds { get; init; } = 7;

    /// <summary>Seconds that a contender is measured in each round, at least one unit of work.</summary>
    public double Slice { get; init; } = 0.1;

    /// <summary>
    /// Before anything is timed: runs each contender that computes something and compares what it computed. How well they agree, for the report;
    /// a <see cref="BenchmarkException"/> where they do not do the same work.
    /// </summary>
    public Func<string?>? Check { get; init; }

    /// <summary>Disposes something together with the group.</summary>
    public T Own<T>(T resource) where T : IDisposable
    {
        owned.Add(resource);
        return resource;
    }

    /// <summary>Frees what the group owns.</summary>
    public void Dispose()
    {
        for (int i = owned.Count; i-- > 0;) owned[i].Dispose();
    }
}
