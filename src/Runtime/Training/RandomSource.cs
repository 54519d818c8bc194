using System.Globalization;
using System.Numerics;

namespace ModelDsl;

/// <summary>
/// Pseudo-random numbers whose whole state can be saved and put back, the same on every machine: xoshiro256++ of Blackman and
/// Vigna, seeded through SplitMix64. Not for secrets. Not thread-safe.
/// </summary>
public sealed class RandomSource
{
    private RandomState state;

    /// <summary>Starts from a seed.</summary>
    public RandomSource(ulong seed) => state = new RandomState(Split(ref seed), Split(ref seed), Split(ref seed), Split(ref seed));

    /// <summary>Everything the next draws depend on.</summary>
    /// <exception cref="ArgumentException">All four words are 0: the generator would stay there.</exception>
    public RandomState State
    {
        get => state;
        set => state = value != default ? value : throw new ArgumentException("A random state of four zeros is not valid.", nameof(value));
    }

    /// <summary>64 uniform bits.</summary>
    public ulong NextBits()
    {
        (ulong a, ulong b, ulong c, ulong d) = state;
        ulong result = BitOperations.RotateLeft(a + d, 23) + a;
        ulong shifted = b << 17;
        c ^= a;
        d ^= b;
        b ^= c;
        a ^= d;
        c ^= shifted;
        d = BitOperations.RotateLeft(d, 45);
        state = new RandomState(a, b, c, d);
        return result;
    }

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [0, <paramref name="bound"/>), without bias (Lemire's method).</summary>
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

    /// <summary>Normal with mean 0 and standard deviation 1 (Box and Muller; two draws a number, so that the state alone tells what comes next).</summary>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    private static ulong Split(ref ulong seed)
    {
        ulong z = seed += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}

/// <summary>The state of a <see cref="RandomSource"/>.</summary>
/// <param name="A">First word.</param>
/// <param name="B">Second word.</param>
/// <param name="C">Third word.</param>
/// <param name="D">Fourth word.</param>
public readonly record struct RandomState(ulong A, ulong B, ulong C, ulong D)
{
    /// <summary>The four words in hexadecimal, separated by commas: what <see cref="Parse"/> reads.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{A:x16},{B:x16},{C:x16},{D:x16}");

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">The text is not four hexadecimal words.</exception>
    public static RandomState Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(',');
        if (parts.Length != 4) throw new FormatException($"'{text}' is not a random state: four hexadecimal words are expected.");
        ulong Word(int index) => ulong.Parse(parts[index], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return new RandomState(Word(0), Word(1), Word(2), Word(3));
    }
}
