using System.Globalization;
using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>
/// Pseudo-random numbers whose whole state is a seed and a count of draws, the same on every machine (Philox4x32-10). Not for
/// secrets. Not thread-safe.
/// </summary>
public sealed class RandomSource
{
    /// <summary>Starts from a seed.</summary>
    public RandomSource(ulong seed) => State = new RandomState(seed, 0);

    /// <summary>Everything the next draws depend on; setting it goes there.</summary>
    public RandomState State { get; set; }

    /// <summary>64 uniform bits.</summary>
    public ulong NextBits()
    {
        (ulong seed, ulong draws) = State;
        State = new RandomState(seed, draws + 1);
        // The counter's high half keeps these draws apart from those of the initialisation.
        return Philox.Bits(seed, draws, ~0UL).Low;
    }

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [0, <paramref name="bound"/>), without bias (Lemire, "Fast random integer generation in an interval").</summary>
    /// <exception cref="ArgumentOutOfRangeException">The bound is not positive.</exception>
    public long NextInteger(long bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        ulong high = Math.BigMul(NextBits(), (ulong)bound, out ulong low);
        if (low < (ulong)bound)
        {
            ulong threshold = (0 - (ulong)bound) % (ulong)bound;
            while (low < threshold) high = Math.BigMul(NextBits(), (ulong)bound, out low);
        }

        return (long)high;
    }
}

/// <summary>The state of a <see cref="RandomSource"/>.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Draws">64-bit words drawn since.</param>
public readonly record struct RandomState(ulong Seed, ulong Draws)
{
    /// <summary>Seed and draws, separated by a colon: what <see cref="Parse"/> reads.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Seed}:{Draws}");

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">The text is not a random state.</exception>
    public static RandomState Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(':');
        return parts.Length == 2
            && ulong.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed)
            && ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong draws)
            ? new RandomState(seed, draws)
            : throw new FormatException($"'{text}' is not a random state: a seed, a colon and a count are expected.");
    }
}
