namespace ModelDsl.Kernels;

/// <summary>Where a layer counts what it selects; the default one counts nothing. Sums of integers, so that they do not depend on threads.</summary>
/// <param name="counters">For each layer the number selected, then the number offered; null where nobody counts.</param>
/// <param name="slot">The layer.</param>
public readonly struct SelectionCounter(long[]? counters, nint slot)
{
    /// <summary>Adds to both numbers. Any thread may call it.</summary>
    /// <param name="selected">Columns or keys selected.</param>
    /// <param name="offered">Of how many.</param>
    public void Add(long selected, long offered)
    {
        if (counters is null) return;
        Interlocked.Add(ref counters[2 * slot], selected);
        Interlocked.Add(ref counters[2 * slot + 1], offered);
    }
}
