using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace TinyLmExample;

/// <summary>Shows how a run goes.</summary>
internal interface IDisplay
{
    /// <summary>Runs something during which <see cref="Show"/> is called.</summary>
    T During<T>(Func<T> run);

    /// <summary>Shows the status after a step.</summary>
    void Show(Status status);
}

/// <summary>Chooses a display.</summary>
internal static class Displays
{
    /// <summary>A live one on a terminal, lines elsewhere.</summary>
    public static IDisplay ForThisConsole()
        => AnsiConsole.Profile.Capabilities.Interactive && AnsiConsole.Profile.Out.IsTerminal ? new LiveDisplay() : new LineDisplay();

    /// <summary>Hours, minutes and seconds, after the days if there are any.</summary>
    public static string Clock(TimeSpan time) => time.ToString(time.Days > 0 ? @"d\ \d\ hh\:mm\:ss" : @"hh\:mm\:ss", CultureInfo.InvariantCulture);
}

/// <summary>A line at each validation, and at least every ten seconds: for logs.</summary>
internal sealed class LineDisplay : IDisplay
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    private TimeSpan? shown;

    public T During<T>(Func<T> run) => run();

    public void Show(Status status)
    {
        if (!status.Evaluated && status.Step < status.Steps && status.Elapsed - (shown ?? TimeSpan.Zero) < Silence) return;
        // Not on the first line: the first steps also compile, so an estimate from them alone is far off.
        string left = shown is null ? "" : $"  {Displays.Clock(status.Left)} left";
        shown = status.Elapsed;
        string validation = status.ValidationLoss is { } loss ? loss.ToString("F4", CultureInfo.InvariantCulture) : "-";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"step {status.Step}/{status.Steps}  loss {status.Loss:F4}  validation {validation}  bigram {status.BigramEntropy:F4}  {status.TokensPerSecond:N0} tokens/s{left}"));
    }
}

/// <summary>A panel that changes in place.</summary>
internal sealed class LiveDisplay : IDisplay
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(100);

    private LiveDisplayContext? live;
    private long shown = Stopwatch.GetTimestamp();

    public T During<T>(Func<T> run)
    {
        T result = default!;
        AnsiConsole.Live(new Text("training ...")).Start(context =>
        {
            live = context;
            result = run();
        });
        return result;
    }

    public void Show(Status status)
    {
        if (Stopwatch.GetElapsedTime(shown) < Refresh && status.Step < status.Steps) return;
        shown = Stopwatch.GetTimestamp();
        live?.UpdateTarget(Draw(status));
    }

    private static Panel Draw(Status status)
    {
        Grid grid = new Grid().AddColumn().AddColumn();
        Row("step", string.Create(CultureInfo.InvariantCulture, $"{status.Step} of {status.Steps}   learning rate {status.LearningRate:G3}"));
        Row("loss", Number(status.Loss));
        if (status.ValidationLoss is { } loss)
            grid.AddRow(new Text("validation loss"), new Markup($"[{(loss < status.BigramEntropy ? "green" : "yellow")}]{Number(loss)}[/]   byte-bigram entropy {Number(status.BigramEntropy)}"));
        Row("tokens a second", status.TokensPerSecond.ToString("N0", CultureInfo.InvariantCulture));
        Row("time left", string.Create(CultureInfo.InvariantCulture, $"{Displays.Clock(status.Left)}   elapsed {Displays.Clock(status.Elapsed)}"));
        BreakdownChart bar = new BreakdownChart().HideTags().Width(60)
            .AddItem("done", status.Step, Color.Green)
            .AddItem("left", Math.Max(status.Steps - status.Step, 0), Color.Grey);
        IRenderable[] rows = [grid, bar];
        return new Panel(new Rows(rows)).Header("training (Ctrl+C ends with a checkpoint)").Expand();

        void Row(string name, string value) => grid.AddRow(new Text(name), new Text(value));
    }

    private static string Number(double value) => value.ToString("F4", CultureInfo.InvariantCulture);
}
