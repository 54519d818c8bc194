namespace ModelDsl.Runtime.Tests;

/// <summary>Tests that count the bytes all threads allocate, and tests of what the collector frees: they run alone, after the others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public class Allocations
{
    public const string Name = "Allocations";

    /// <summary>
    /// Runs <paramref name="action"/> a few times to warm up, then counts: 0 bytes on this thread each time, and 0 on all threads together at
    /// least once, since the test runner and the runtime (tiering, finalizers) have threads that allocate at times of their own.
    /// </summary>
    internal static void None(Action action)
    {
        for (int i = 0; i < 5; i++) action();
        long least = long.MaxValue, here = 0;
        for (int attempt = 0; attempt < 50 && least != 0; attempt++)
        {
            if (attempt > 0) Thread.Sleep(10);
            long all = GC.GetTotalAllocatedBytes(precise: true), own = GC.GetAllocatedBytesForCurrentThread();
            action();
            here = Math.Max(here, GC.GetAllocatedBytesForCurrentThread() - own);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - all);
        }

        Assert.Equal(0, here);
        Assert.Equal(0, least);
    }
}
