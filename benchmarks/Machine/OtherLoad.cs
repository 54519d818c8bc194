using System.Diagnostics;
using System.Globalization;

namespace ModelDsl.Benchmarks.Machine;

/// <summary>How busy other processes kept the processors meanwhile: a reader should know.</summary>
internal sealed class OtherLoad
{
    private const double TicksPerSecond = 100;
    private readonly long start = Stopwatch.GetTimestamp();
    private readonly double busyBefore = Busy();
    private readonly TimeSpan ownBefore = Own();

    /// <summary>Part of all processors' time since construction that other processes took; null where the system does not tell.</summary>
    public double? Share
    {
        get
        {
            double available = Stopwatch.GetElapsedTime(start).TotalSeconds * Environment.ProcessorCount;
            return double.IsNaN(busyBefore) ? null : Math.Clamp((Busy() - busyBefore - (Own() - ownBefore).TotalSeconds) / available, 0, 1);
        }
    }

    private static TimeSpan Own() => Process.GetCurrentProcess().TotalProcessorTime;

    // Seconds since the system started: user, nice, system, irq, softirq, steal.
    private static double Busy()
    {
        if (!File.Exists("/proc/stat")) return double.NaN;
        double[] ticks = [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
        return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7]) / TicksPerSecond;
    }
}
