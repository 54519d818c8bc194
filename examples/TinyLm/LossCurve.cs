using ScottPlot;

namespace TinyLmExample;

/// <summary>Draws the losses of a run.</summary>
internal static class LossCurve
{
    private const int Width = 1000, Height = 600;

    /// <summary>Writes a PNG file. Where it cannot be drawn or written there is a warning instead: the training was not for nothing.</summary>
    /// <returns>Whether it was written.</returns>
    public static bool Save(RunLog log, string path)
    {
        try
        {
            File.WriteAllBytes(path, Draw(log));
            return true;
        }
        catch (Exception exception) when (exception is TypeInitializationException or DllNotFoundException)
        {
            Console.Error.WriteLine($"warning: no loss curve, since drawing does not work on this system: {exception.GetBaseException().Message}");
            return false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"warning: no loss curve: {exception.Message}");
            return false;
        }
    }

    private static byte[] Draw(RunLog log)
    {
        using Plot plot = new();
        Add(log.Training, Colors.LightSteelBlue, 1, 0, "training, each step");
        Add(Smoothed(log.Training), Colors.SteelBlue, 2, 0, "training, mean of neighbours");
        Add(log.Validation, Colors.OrangeRed, 2, 7, "validation");
        ScottPlot.Plottables.HorizontalLine bigram = plot.Add.HorizontalLine(log.BigramEntropy, 1.5f, Colors.Gray, LinePattern.Dashed);
        bigram.LegendText = "byte-bigram entropy";
        plot.XLabel("step");
        plot.YLabel("loss, nats a byte");
        plot.ShowLegend(Alignment.UpperRight);
        return plot.GetImageBytes(Width, Height, ImageFormat.Png);

        void Add(IReadOnlyList<(long Step, double Loss)> points, Color color, float width, float marker, string name)
        {
            if (points.Count == 0) return;
            ScottPlot.Plottables.Scatter line = plot.Add.Scatter(points.Select(point => (double)point.Step).ToArray(), points.Select(point => point.Loss).ToArray(), color);
            line.LineWidth = width;
            line.MarkerSize = marker;
            line.LegendText = name;
        }
    }

    private static List<(long Step, double Loss)> Smoothed(IReadOnlyList<(long Step, double Loss)> points)
    {
        int reach = Math.Max(points.Count / 50, 1);
        List<(long, double)> means = [];
        for (int i = reach; i < points.Count - reach; i++)
        {
            double sum = 0;
            for (int j = i - reach; j <= i + reach; j++) sum += points[j].Loss;
            means.Add((points[i].Step, sum / (2 * reach + 1)));
        }

        return means;
    }
}
