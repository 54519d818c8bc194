using System.Numerics;

namespace ModelDsl.Data;

/// <summary>
/// A pseudo-random order of 0 .. count − 1 that needs no table: a four-round Feistel network over the next even power of two, walked
/// until it lands inside (fewer than four steps on average). A bijection for every key.
/// </summary>
internal readonly struct Permutation
{
    private readonly ulong count;
    private readonly ulong key;
    private readonly int half;

    /// <summary>Chooses an order.</summary>
    /// <param name="count">Number of elements, at least 1.</param>
    /// <param name="key">Which order.</param>
    public Permutation(long count, ulong key)
    {
        this.count = (ulong)count;
        this.key = key;
        int bits = 64 - BitOperations.LeadingZeroCount(this.count - 1);
        half = Math.Max((bits + 1) / 2, 1);
    }

    /// <summary>The element at a place.</summary>
    public long this[long index]
    {
        get
        {
            ulong value = (ulong)index;
            do value = Step(value); while (value >= count);
            return (long)value;
        }
    }

    /// <summary>SplitMix64's finaliser: a good mix of 64 bits.</summary>
    public static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
        value = (value ^ value >> 27) * 0x94D049BB133111EB;
        return value ^ value >> 31;
    }

    private ulong Step(ulong value)
    {
        ulong mask = (1UL << half) - 1;
        ulong left = value >> half, right = value & mask;
        for (ulong round = 1; round <= 4; round++) (left, right) = (right, left ^ Mix(right ^ Mix(key + round)) & mask);
        return left << half | right;
    }
}
