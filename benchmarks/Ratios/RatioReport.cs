using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace ModelDsl.Benchmarks.Ratios;

/// <summary>What a run of the quick mode found.</summary>
internal sealed class RatioReport
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>Where.</summary>
    public required MachineDescription Machine { get; init; }

    /// <summary>Largest part of the processors' time that other processes took in a round that counts.</summary>
    public double OtherProcesses { get; private set; }

    /// <summary>All ratios.</summary>
    public List<RatioResult> Rows { get; } = [];

    /// <summary>All medians.</summary>
    public List<Measurement> Measurements { get; } = [];

    /// <summary>How results agreed, and what was skipped.</summary>
    public List<string> Remarks { get; } = [];

    /// <summary>Takes in a group's results.</summary>
    public void Add(GroupResult group)
    {
        Measurements.AddRange(group.Measurements);
        Rows.AddRange(group.Rows);
        OtherProcesses = Math.Max(OtherProcesses, group.Others);
        if (group.Remark is { } remark) Remarks.Add(remark);
    }

    /// <summary>Prints tables.</summary>
    public void Print(IAnsiConsole console)
    {
        // A file or pipe has no width; lines must not be cut there.
        if (Console.IsOutputRedirected) console.Profile.Width = 200;
        Table medians = new Table().Title("Medians").AddColumns("work", "by", "time", "figure", "best");
        foreach (Measurement item in Measurements)
        {
            medians.AddRow(
                Markup.Escape(item.Group), Markup.Escape(item.Contender), item.Seconds is { } seconds ? Time(seconds) : "",
                string.Create(CultureInfo.InvariantCulture, $"{item.Figure:F1} {item.Unit}"), item.Best.ToString("F1", CultureInfo.InvariantCulture));
        }

        console.Write(medians);
        Table ratios = new Table().Title("Ratios").AddColumns("ratio of", "median", "quartiles", "required", "aim", "");
        foreach (RatioResult row in Rows)
        {
            string colour = row.Verdict switch { "aim" => "green", "required" => "yellow", _ => "red" };
            ratios.AddRow(
                Markup.Escape(row.Name), Number(row.Ratio), $"{Number(row.Lowest)} to {Number(row.Highest)}", Number(row.Required), Number(row.Aim), $"[{colour}]{row.Verdict}[/]");
        }

        if (Rows.Count > 0) console.Write(ratios);
        foreach (string remark in Remarks.Concat(Rows.Select(row => row.Note).OfType<string>().Distinct())) console.MarkupLineInterpolated($"{remark}.");
        if (OtherProcesses > 0.05)
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[yellow]Other processes took up to {OtherProcesses:P0} of the processors while it was measured: such figures are not to be trusted.[/]");
    }

    /// <summary>Writes JSON.</summary>
    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Indented) + "\n");

    private static string Number(double value) => value.ToString("F2", CultureInfo.InvariantCulture);

    private static string Time(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{(seconds < 1e-3 ? seconds * 1e6 : seconds < 1 ? seconds * 1e3 : seconds):F2} {(seconds < 1e-3 ? "µs" : seconds < 1 ? "ms" : "s")}");
}
