namespace ModelDsl.Runtime.Tests.Training;

/// <summary>Comparisons of spans.</summary>
internal static class Compare
{
    public static void Near(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"Element {i}: expected {expected[i]}, got {actual[i]}.");
    }
}

/// <summary>Checks that code allocates no managed memory.</summary>
internal static class Allocation
{
    /// <summary>
    /// Runs <paramref name="action"/> a few times to warm up, then counts: 0 bytes on this thread, and none on all threads in the best of
    /// some tries, since other tests run beside. Give the action a number of threads of its own: a pool that tests contend for creates
    /// something to wait on.
    /// </summary>
    public static void None(Action action)
    {
        for (int i = 0; i < 5; i++) action();
        long best = long.MaxValue, here = 0;
        for (int attempt = 0; attempt < 50 && best != 0; attempt++)
        {
            long all = GC.GetTotalAllocatedBytes(precise: true), own = GC.GetAllocatedBytesForCurrentThread();
            action();
            here = Math.Max(here, GC.GetAllocatedBytesForCurrentThread() - own);
            best = Math.Min(best, GC.GetTotalAllocatedBytes(precise: true) - all);
            if (best != 0) Thread.Sleep(10);
        }

        Assert.Equal(0, here);
        Assert.Equal(0, best);
    }
}

/// <summary>A folder that is removed afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly string path = Directory.CreateTempSubdirectory("modeldsl-").FullName;

    public string this[string name] => Path.Combine(path, name);

    public string[] Files => [.. Directory.GetFiles(path).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(path, recursive: true);
}
