using System.Diagnostics;
using ModelDsl;

namespace TinyLmExample;

/// <summary>How long a training step takes on this machine.</summary>
internal static class Pace
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(4);
    private const int Most = 60, Fewest = 4;

    /// <summary>Trains for a few seconds and takes the median of the later half: the first steps also compile.</summary>
    public static TimeSpan Measure(Trainer trainer, TokenBatches batches, CancellationToken cancellation)
    {
        int[] inputs = new int[batches.Batch * batches.Time], targets = new int[inputs.Length];
        List<TimeSpan> times = [];
        long started = Stopwatch.GetTimestamp();
        while (times.Count < Most && (times.Count < Fewest || Stopwatch.GetElapsedTime(started) < Longest))
        {
            cancellation.ThrowIfCancellationRequested();
            batches.Next(inputs, targets);
            times.Add(trainer.Step(inputs, targets).Elapsed);
        }

        TimeSpan[] later = [.. times.Skip(times.Count / 2).Order()];
        return later[later.Length / 2];
    }
}
