using ModelDsl.Kernels;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Runtime.Tests.Kernels;

public sealed class GradientsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(127)]
    [InlineData(2048)]
    [InlineData(32767)]
    [InlineData(32769)]
    [InlineData(100_003)]
    [InlineData(1_000_000)]
    public void SquaredNormIsTheSumInDoubleWithinOnePartInAMillion(int length)
    {
        using WorkerPool pool = new(2);
        using GuardedMemory values = Sample.Normal(1, length, 3e-4);

        // A few large ones among many small ones: what a clipped gradient looks like.
        for (int i = 0; i < length; i += 1000) values.Span[i] *= 1e3f;
        double expected = values.Span.ToArray().Sum(value => (double)value * value);
        Assert.Equal(expected, Gradients.SquaredNorm<F512>(pool, values.Data, length), expected * 3e-7);
        Assert.Equal(expected, Gradients.SquaredNorm<F256>(pool, values.Data, length), expected * 3e-7);
        Assert.Equal(expected, Gradients.SquaredNorm<F128>(pool, values.Data, length), expected * 3e-7);
        Assert.Equal(expected, Gradients.SquaredNorm<F1>(pool, values.Data, length), expected * 3e-7);
    }

    [Fact]
    public void SquaredNormIsTheSameBitsForAnyNumberOfThreads()
    {
        using GuardedMemory values = Sample.Normal(2, 300_001);
        double[] sums = [.. ((int[])[1, 2, 3]).Select(threads =>
        {
            using WorkerPool pool = new(threads);
            return Gradients.SquaredNorm(pool, values.Data, values.Length);
        })];
        Assert.Equal(sums[0], sums[1]);
        Assert.Equal(sums[0], sums[2]);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void ABrokenGradientBreaksTheNorm(float broken)
    {
        using WorkerPool pool = new(2);
        foreach (int at in (int[])[0, 5000, 40_000])
        {
            using GuardedMemory values = Sample.Normal(3, 40_001);
            values.Span[at] = broken;
            Assert.False(double.IsFinite(Gradients.SquaredNorm(pool, values.Data, values.Length)));
        }
    }
}
