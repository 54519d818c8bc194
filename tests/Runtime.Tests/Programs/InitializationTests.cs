using ModelDsl.Memory;
using ModelDsl.Programs;

namespace ModelDsl.Runtime.Tests.Programs;

public sealed class InitializationTests
{
    // The known-answer vectors published with the Random123 library (philox4x32, 10 rounds).
    [Theory]
    [InlineData(0UL, 0UL, 0UL, 0xe169c58d6627e8d5UL, 0x9b00dbd8bc57ac4cUL)]
    [InlineData(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, 0x41c83b0e408f276dUL, 0x6d5451fda20bc7c6UL)]
    [InlineData(0x299f31d0a4093822UL, 0x85a308d3243f6a88UL, 0x0370734413198a2eUL, 0x94fdccebd16cfe09UL, 0x24126ea15001e420UL)]
    public void PhiloxGivesThePublishedAnswers(ulong key, ulong low, ulong high, ulong expectedLow, ulong expectedHigh)
        => Assert.Equal((expectedLow, expectedHigh), Philox.Bits(key, low, high));

    // Published FNV-1a answers.
    [Theory]
    [InlineData("", 0xcbf29ce484222325UL)]
    [InlineData("a", 0xaf63dc4c8601ec8cUL)]
    [InlineData("foobar", 0x85944171f73967e8UL)]
    public void NamesHashByFnv(string name, ulong expected) => Assert.Equal(expected, Initialization.Hash(name));

    [Theory]
    [InlineData(1UL)]
    [InlineData(42UL)]
    [InlineData(ulong.MaxValue)]
    public void NormalDrawsHaveTheMomentsAndTailsOfTheNormalDistribution(ulong seed)
    {
        const int count = 1_000_000;
        const double deviation = 0.02;
        using Arena arena = new(count);
        Initialization.Fill(arena.Data, Normal("Tokens.Weight", count, 0, (float)deviation), seed);
        double[] z = [.. arena.Data.AsSpan(count).ToArray().Select(value => value / deviation)];
        double root = Math.Sqrt(count);

        // Five standard errors of each statistic under the hypothesis.
        Assert.InRange(z.Average(), -5 / root, 5 / root);
        Assert.InRange(z.Average(v => v * v), 1 - 5 * Math.Sqrt(2) / root, 1 + 5 * Math.Sqrt(2) / root);
        Assert.InRange(z.Average(v => v * v * v), -5 * Math.Sqrt(15) / root, 5 * Math.Sqrt(15) / root);
        Assert.InRange(z.Average(v => v * v * v * v), 3 - 5 * Math.Sqrt(96) / root, 3 + 5 * Math.Sqrt(96) / root);
        Assert.InRange(z.Count(v => Math.Abs(v) > 1.959964), 0.05 * count - 5 * Math.Sqrt(0.0475 * count), 0.05 * count + 5 * Math.Sqrt(0.0475 * count));
        Assert.InRange(z.Max(), 4, 7);
        for (int lag = 1; lag <= 4; lag++)
            Assert.InRange(Enumerable.Range(0, count - lag).Average(i => z[i] * z[i + lag]), -5 / root, 5 / root);
    }

    [Fact]
    public void AParameterDependsOnItsNameAndTheSeedOnly()
    {
        ParameterInfo first = Normal("Blocks.0.Ffn.Up.Weight", 37, 0, 0.5f);
        ParameterInfo second = Normal("Blocks.1.Ffn.Up.Weight", 37, 48, 0.5f);
        ParameterInfo norm = new("FinalNorm.Weight", [19], 96, new Initializer(InitializerKind.Constant, 1f), Decay: false);
        float[] all = Filled([first, second, norm], 7);
        Assert.Equal(all[..37], Filled([first], 7)[..37]);
        Assert.Equal(all[48..85], Filled([norm, second], 7)[48..85]);
        Assert.NotEqual(all[..37], all[48..85]);
        Assert.NotEqual(all[..37], Filled([first], 8)[..37]);
        Assert.Equal(all[..20], Filled([first with { Shape = [20] }], 7)[..20]);
        Assert.All(all[96..115], value => Assert.Equal(1f, value));

        // Padding stays zero.
        Assert.All(all[37..48], value => Assert.Equal(0f, value));
        Assert.All(all[115..], value => Assert.Equal(0f, value));
    }

    private static ParameterInfo Normal(string name, int length, long offset, float deviation)
        => new(name, [length], offset, new Initializer(InitializerKind.Normal, deviation), Decay: true);

    private static float[] Filled(ParameterInfo[] parameters, ulong seed)
    {
        using Arena arena = new(128);
        Initialization.Fill(arena.Data, parameters, seed);
        return arena.Data.AsSpan(128).ToArray();
    }
}
