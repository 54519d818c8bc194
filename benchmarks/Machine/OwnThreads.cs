using System.Diagnostics;
using ModelDsl.Benchmarks.Ratios;

namespace ModelDsl.Benchmarks.Machine;

/// <summary>Waits until this process's threads rest: pools, ours and others', wait actively for a while after their work and would slow down whoever comes next.</summary>
internal static class OwnThreads
{
    // Everybody gets at least the first pause, so that all start from the same state of rest.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(60), Window = TimeSpan.FromMilliseconds(20), Patience = TimeSpan.FromSeconds(3);
    private const double Busy = 0.05;

    /// <summary>Returns when the process takes less than a twentieth of one processor.</summary>
    /// <exception cref="BenchmarkException">It never does.</exception>
    public static void Settle()
    {
        Thread.Sleep(Pause);
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            long from = Stopwatch.GetTimestamp();
            TimeSpan before = Environment.CpuUsage.TotalTime;
            Thread.Sleep(Window);
            double share = (Environment.CpuUsage.TotalTime - before) / Stopwatch.GetElapsedTime(from);
            if (share < Busy) return;
            if (Stopwatch.GetElapsedTime(start) > Patience)
            {
                throw new BenchmarkException(
                    $"Idle threads of this process still take {share:P0} of a processor after {Patience.TotalSeconds:F0} s, so what comes next cannot be timed: unset OMP_WAIT_POLICY, GOMP_SPINCOUNT and KMP_BLOCKTIME.");
            }
        }
    }
}
