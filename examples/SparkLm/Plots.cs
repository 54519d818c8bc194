using ScottPlot;

namespace SparkLmExample;

/// <summary>Draws what a comparison found.</summary>
internal static class Plots
{
    private const int Width = 1000, Height = 600;

    private static readonly Color[] Palette = [Colors.Black, Colors.SteelBlue, Colors.SeaGreen, Colors.OrangeRed];

    /// <summary>Writes <c>loss.png</c> and <c>density.png</c> to a folder.</summary>
    /// <returns>The files. None where drawing does not work on this system: the numbers are in the table.</returns>
    public static IReadOnlyList<string> Save(Comparison comparison, string folder)
    {
        try
        {
            return [Save(Losses(comparison), Path.Combine(folder, "loss.png")), Save(Densities(comparison), Path.Combine(folder, "density.png"))];
        }
        catch (Exception exception) when (exception is TypeInitializationException or DllNotFoundException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"warning: no plots: {exception.GetBaseException().Message}");
            return [];
        }
    }

    private static Plot Losses(Comparison comparison)
    {
        Plot plot = Create("validation loss, nats a byte");
        for (int i = 0; i < comparison.Results.Count; i++)
        {
            (Variant variant, IReadOnlyList<Run> runs) = comparison.Results[i];
            for (int j = 0; j < runs.Count; j++)
            {
                // The first point, of an untrained model, would press the rest together.
                (long Step, double Loss)[] curve = [.. runs[j].Curve.Skip(1)];
                Line(plot, curve.Select(point => (point.Step, point.Loss)), Palette[i], j == 0 ? variant.Name : "");
            }
        }

        return plot;
    }

    private static Plot Densities(Comparison comparison)
    {
        Plot plot = Create("selected share");
        // One seed of the model that selects both neurons and positions; a colour a layer.
        Run run = comparison.Results[^1].Runs[0];
        string[] layers = [.. run.Densities.Select(density => density.Layer).Distinct()];
        IColormap colours = new ScottPlot.Colormaps.Turbo();
        for (int i = 0; i < layers.Length; i++)
        {
            Line(plot, run.Densities.Where(density => density.Layer == layers[i]).Select(density => (density.Step, density.Share)), colours.GetColor((i + 0.5) / layers.Length), layers[i]);
        }

        return plot;
    }

    private static Plot Create(string axis)
    {
        Plot plot = new();
        plot.XLabel("step");
        plot.YLabel(axis);
        plot.ShowLegend(Alignment.UpperRight);
        return plot;
    }

    private static void Line(Plot plot, IEnumerable<(long X, double Y)> points, Color color, string legend)
    {
        (long X, double Y)[] all = [.. points];
        ScottPlot.Plottables.Scatter line = plot.Add.Scatter(all.Select(point => (double)point.X).ToArray(), all.Select(point => point.Y).ToArray(), color);
        line.LineWidth = 1.5f;
        line.MarkerSize = 4;
        line.LegendText = legend;
    }

    private static string Save(Plot plot, string path)
    {
        using (plot) File.WriteAllBytes(path, plot.GetImageBytes(Width, Height, ImageFormat.Png));
        return path;
    }
}
