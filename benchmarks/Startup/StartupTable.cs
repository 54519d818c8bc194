using System.Globalization;
using Spectre.Console;

namespace ModelDsl.Benchmarks.Startup;

/// <summary>What was measured beside what is required.</summary>
internal sealed class StartupTable
{
    private readonly Table _table = new Table().AddColumns("what", "median", "range", "required");

    /// <summary>Whether all that is required is reached.</summary>
    public bool IsReached { get; private set; } = true;

    /// <summary>A row without requirement.</summary>
    public void Add(string what, IEnumerable<double> values) => Add(what, values, _ => true, "");

    /// <summary>A row whose median must not be above a limit.</summary>
    public void AddAtMost(string what, double limit, IEnumerable<double> values)
        => Add(what, values, value => value <= limit, string.Create(CultureInfo.InvariantCulture, $"at most {limit}"));

    /// <summary>A row whose median must not be below a limit.</summary>
    public void AddAtLeast(string what, double limit, IEnumerable<double> values)
        => Add(what, values, value => value >= limit, string.Create(CultureInfo.InvariantCulture, $"at least {limit}"));

    /// <summary>Prints it.</summary>
    public void Print() => AnsiConsole.Write(_table);

    private void Add(string what, IEnumerable<double> values, Func<double, bool> isReached, string required)
    {
        double[] all = [.. values];
        double median = Trace.Median(all);
        bool reached = isReached(median);
        IsReached &= reached;
        _table.AddRow(what, string.Create(CultureInfo.InvariantCulture, $"{median:F3}"), string.Create(CultureInfo.InvariantCulture, $"{all.Min():F3} to {all.Max():F3}"), required + (reached ? "" : " (missed)"));
    }
}
