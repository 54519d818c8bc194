using ModelDsl.Kernels;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Runtime.Tests.Kernels;

public sealed class TopKTests
{
    public static TheoryData<int, int, double> Shapes => new()
    {
        // rows, columns and mean, in deviations
        { 1, 2, 0 }, { 1, 13824, 0 }, { 2, 15, 1 }, { 3, 17, -3 }, { 5, 64, 100 }, { 9, 1000, 0 }, { 130, 257, 5 }, { 300, 100, 0 },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void ThresholdEqualsTheFormulaInDoubleAtEveryWidth(int rows, int columns, double mean)
    {
        Check<F512>(rows, columns, mean);
        Check<F256>(rows, columns, mean);
        Check<F128>(rows, columns, mean);
        Check<F1>(rows, columns, mean);
    }

    /// <summary>The worked example of docs/layers/ffn.md.</summary>
    [Fact]
    public void PublishedThreshold()
    {
        using GuardedMemory x = new([0.5f, -1.2f, 2, 0.1f, 1.5f, -0.3f, 0, -0.9f]), results = new(3);
        using WorkerPool pool = new(1);
        long[] counters = new long[4];
        TopKKernels.Threshold(pool, 1, 8, x.Data, 8, 0.6744897502f, 7, results.Data, results.Data.At(1), results.Data.At(2), new SelectionCounter(counters, 1));
        Sample.AssertClose([0.9552594844, 0.2125, 0.6744897502 / (7 * 1.1012168594)], results.Span, 2e-7);
        Assert.Equal([0, 0, 2, 8], counters);
    }

    [Theory]
    [InlineData(0.5f)]
    [InlineData(0.1f)]
    public void EqualValuesHaveTheirMeanAsThreshold(float all)
    {
        using GuardedMemory x = new(1000), results = new(3);
        x.Span.Fill(all);
        using WorkerPool pool = new(1);
        long[] counters = new long[2];
        TopKKernels.Threshold(pool, 1, 1000, x.Data, 1000, 1.4f, 999, results.Data, results.Data.At(1), results.Data.At(2), new SelectionCounter(counters, 0));
        Assert.Equal([all, all, 0], results.Span.ToArray());
        Assert.Equal([0, 1000], counters);
    }

    /// <summary>Far from zero, where a sum of the values themselves would round by more than they differ.</summary>
    [Fact]
    public void ADistantMeanDoesNotShow()
    {
        const int columns = 100000;
        using GuardedMemory x = Sample.Normal(7, columns), results = new(3);
        for (int i = 0; i < columns; i++) x.Span[i] = 1000 + (x.Span[i] / 64);
        double mean = x.Span.ToArray().Average(value => (double)value), deviation = Math.Sqrt(x.Span.ToArray().Average(value => ((double)value - mean) * (value - mean)));
        using WorkerPool pool = new(1);
        TopKKernels.Threshold(pool, 1, columns, x.Data, columns, 1.4f, columns, results.Data, results.Data.At(1), results.Data.At(2), default);
        Assert.Equal(mean + 1.4 * deviation, results.Span[0], deviation * 0.005);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void ABrokenValueBreaksTheThreshold(float broken)
    {
        using GuardedMemory x = Sample.Normal(1, 100), results = new(3);
        x.Span[77] = broken;
        using WorkerPool pool = new(1);
        TopKKernels.Threshold(pool, 1, 100, x.Data, 100, 1.4f, 99, results.Data, results.Data.At(1), results.Data.At(2), default);
        Assert.False(float.IsFinite(results.Span[0]));
    }

    [Fact]
    public void ResultsAndCountsAreTheSameForAnyNumberOfThreads()
    {
        const int rows = 203, columns = 1001;
        using GuardedMemory x = Sample.Normal(3, rows * columns);
        (int[][] Bits, long[] Counters)? expected = null;
        foreach (int threads in (int[])[1, 2, 3])
        {
            using WorkerPool pool = new(threads);
            using GuardedMemory numbers = Sample.Unwritten(5 * rows), kept = Sample.Unwritten(rows * columns);
            long[] counters = new long[4];
            TopKKernels.Threshold(pool, rows, columns, x.Data, columns, 1.1f, columns, numbers.Data, numbers.Data.At(rows), numbers.Data.At(2 * rows), new SelectionCounter(counters, 0));
            TopKKernels.Select(pool, rows, columns, 90, x.Data, columns, kept.Data, columns, numbers.Data.At(3 * rows), numbers.Data.At(4 * rows), new SelectionCounter(counters, 1));
            expected ??= ([numbers.Bits(), kept.Bits()], counters);
            Assert.Equal(expected.Value.Bits, [numbers.Bits(), kept.Bits()]);
            Assert.Equal(expected.Value.Counters, counters);
        }

        Assert.Equal(rows * columns, expected!.Value.Counters[1]);
        Assert.InRange((double)expected.Value.Counters[0] / (rows * columns), 0.12, 0.15);
        Assert.Equal([rows * 90, rows * columns], expected.Value.Counters[2..]);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 2, 1)]
    [InlineData(3, 17, 16)]
    [InlineData(5, 1000, 80)]
    [InlineData(2, 13824, 1106)]
    [InlineData(4, 300, 300)]
    public void ExactlyTheLargestAreKept(int rows, int columns, int count)
    {
        // Coarse values have many equals, of both signs and zeros.
        foreach (double grid in (double[])[0, 0.25, 1])
        {
            using WorkerPool pool = new(2);
            using GuardedMemory x = Sample.Normal(columns, rows * columns), kept = Sample.Unwritten(rows * columns), gradient = Sample.Unwritten(rows * columns), numbers = Sample.Unwritten(2 * rows);
            using GuardedMemory upstream = Sample.Normal(count, rows * columns);
            if (grid > 0) foreach (ref float value in x.Span) value = (float)(Math.Round(value / grid) * grid);
            TopKKernels.Select(pool, rows, columns, count, x.Data, columns, kept.Data, columns, numbers.Data, numbers.Data.At(rows), default);
            TopKKernels.SelectBackward(pool, rows, columns, x.Data, columns, numbers.Data, numbers.Data.At(rows), upstream.Data, columns, gradient.Data, columns);
            for (int row = 0; row < rows; row++)
            {
                float[] values = x.Span.Slice(row * columns, columns).ToArray();
                HashSet<int> largest = [.. Enumerable.Range(0, columns).OrderByDescending(column => values[column]).Take(count)];
                Assert.Equal(Enumerable.Range(0, columns).Select(column => largest.Contains(column) ? values[column] : 0), kept.Span.Slice(row * columns, columns).ToArray());
                float[] above = upstream.Span.Slice(row * columns, columns).ToArray();
                Assert.Equal(Enumerable.Range(0, columns).Select(column => largest.Contains(column) ? above[column] : 0), gradient.Span.Slice(row * columns, columns).ToArray());
            }
        }
    }

    [Theory]
    [InlineData(0x7FC00000)]
    [InlineData(unchecked((int)0xFFC00000))]
    public void NaNIsKept(int bits)
    {
        using WorkerPool pool = new(1);
        using GuardedMemory x = new([1, BitConverter.Int32BitsToSingle(bits), 3, 2]), kept = new(4), numbers = new(2);
        TopKKernels.Select(pool, 1, 4, 1, x.Data, 4, kept.Data, 4, numbers.Data, numbers.Data.At(1), default);
        Assert.True(float.IsNaN(kept.Span[1]));
    }

    private static void Check<S>(int rows, int columns, double mean) where S : unmanaged, ISimd<S>
    {
        const float quantile = 1.4050326f;
        int stride = columns + 3;
        using WorkerPool pool = new(2);
        using GuardedMemory x = Sample.Normal(rows + columns, (rows * stride) - 3), thresholds = Sample.Unwritten(rows), means = Sample.Unwritten(rows), slopes = Sample.Unwritten(rows);
        foreach (ref float value in x.Span) value += (float)mean;
        long[] counters = new long[2];
        TopKKernels.Threshold<S>(pool, rows, columns, x.Data, stride, quantile, columns - 1, thresholds.Data, means.Data, slopes.Data, new SelectionCounter(counters, 0));
        long above = 0;
        for (int row = 0; row < rows; row++)
        {
            double[] values = [.. x.Span.Slice(row * stride, columns).ToArray().Select(value => (double)value)];
            double average = values.Average(), deviation = Math.Sqrt(values.Sum(value => (value - average) * (value - average)) / (columns - 1));
            double tolerance = 1e-6 * (Math.Abs(average) + deviation);
            Assert.Equal(average + (deviation * quantile), thresholds.Span[row], tolerance);
            Assert.Equal(average, means.Span[row], tolerance);
            Assert.Equal(1, slopes.Span[row] / (quantile / ((columns - 1) * deviation)), 1e-5);
            above += values.Count(value => value > thresholds.Span[row]);
        }

        Assert.Equal([above, (long)rows * columns], counters);
    }
}
