using System.Diagnostics;

namespace ModelDsl.Benchmarks.Machine;

/// <summary>Runs the same work on several threads at once: of its own, so that the machine is measured without anybody's pool.</summary>
internal static class MachineLoad
{
    /// <summary>Runs <paramref name="work"/> with each index below <paramref name="threads"/>.</summary>
    /// <returns>Seconds from the moment all threads were running to the end of the last one.</returns>
    public static double Run(int threads, Action<int> work)
    {
        int ready = 0;
        long end = 0;
        void Work(int index)
        {
            Interlocked.Increment(ref ready);
            while (Volatile.Read(ref ready) < threads) Thread.SpinWait(10);
            work(index);
            long now = Stopwatch.GetTimestamp();
            for (long seen = Volatile.Read(ref end); seen < now; seen = Volatile.Read(ref end)) Interlocked.CompareExchange(ref end, now, seen);
        }

        Thread[] others = [.. Enumerable.Range(1, threads - 1).Select(index => new Thread(() => Work(index)))];
        foreach (Thread other in others) other.Start();
        while (Volatile.Read(ref ready) < threads - 1) Thread.Yield();
        long start = Stopwatch.GetTimestamp();
        Work(0);
        foreach (Thread other in others) other.Join();
        return Stopwatch.GetElapsedTime(start, end).TotalSeconds;
    }
}
