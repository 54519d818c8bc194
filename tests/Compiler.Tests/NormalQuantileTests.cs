using ModelDsl.Compiler.Graph.Expressions;

namespace ModelDsl.Compiler.Tests;

/// <summary>The inverse normal distribution function: published values, and the distribution function of what it gives.</summary>
public class NormalQuantileTests
{
    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(0.75, 0.67448975019608174)]
    [InlineData(0.92, 1.4050715603096329)]
    [InlineData(0.95, 1.6448536269514722)]
    [InlineData(0.975, 1.9599639845400545)]
    [InlineData(1e-10, -6.3613409024040557)]
    [InlineData(1e-20, -9.2623400897984086)]
    [InlineData(0, double.NegativeInfinity)]
    [InlineData(1, double.PositiveInfinity)]
    public void ItHasTheValuesOfTables(double probability, double value) => Assert.Equal(value, NormalQuantile.Of(probability), 4e-15 * Math.Max(1, Math.Abs(value)));

    /// <summary>Shares of feed-forward layers and attentions in use, to the digits they are published with.</summary>
    [Theory]
    [InlineData(1106, 13824, 1.4050326)]
    [InlineData(256, 8192, 1.8627319)]
    [InlineData(256, 4096, 1.5341205)]
    [InlineData(2, 8, 0.6744897502)]
    public void ItHasTheValuesOfSharesInUse(int selected, int of, double value) => Assert.Equal(value, NormalQuantile.Of(1 - ((double)selected / of)), 5e-8);

    [Fact]
    public void ItIsTheInverse()
    {
        for (double probability = 0.001; probability < 1; probability += 0.00037)
        {
            double back = 0.5 * (1 + SpecialFunctions.Erf(NormalQuantile.Of(probability) / Math.Sqrt(2)));
            Assert.Equal(probability, back, 4e-16);
            Assert.Equal(-NormalQuantile.Of(probability), NormalQuantile.Of(1 - probability), 1e-13);
        }
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void OutsideOfProbabilitiesThereIsNone(double probability) => Assert.True(double.IsNaN(NormalQuantile.Of(probability)));
}
