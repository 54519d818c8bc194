using ModelDsl.Memory;

namespace ModelDsl.Benchmarks.Ratios;

/// <summary>Operands with random values.</summary>
internal static class RandomArena
{
    /// <summary>Values spread evenly from -1/2 to 1/2.</summary>
    public static Arena Uniform(long count, int seed) => Filled(count, seed, random => random.NextSingle() - 0.5f);

    /// <summary>Values of the standard normal distribution, by Box and Muller's transform.</summary>
    public static Arena Normal(long count, int seed)
        => Filled(count, seed, random => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())));

    private static Arena Filled(long count, int seed, Func<Random, float> draw)
    {
        Arena arena = new(count);
        Random random = new(seed);
        foreach (ref float value in arena.Data.AsSpan(arena.Length)) value = draw(random);
        return arena;
    }
}
