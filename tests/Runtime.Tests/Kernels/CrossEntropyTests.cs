using ModelDsl.Kernels;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Runtime.Tests.Kernels;

public sealed class CrossEntropyTests
{
    public static TheoryData<int, int, double, double> Shapes => new()
    {
        // rows, vocabulary, deviation and mean of the logits
        { 1, 1, 1, 0 }, { 1, 2, 3, 50 }, { 2, 15, 1, 0 }, { 3, 17, 30, -500 }, { 5, 31, 1, 0 }, { 9, 65, 1, 0 }, { 7, 1023, 1, 0 },
        { 5, 1024, 5, 0 }, { 6, 1025, 5, 3 }, { 4, 5003, 2, 100 }, { 130, 257, 10, 0 }, { 2, 50257, 3, -20 },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void LossAndGradientEqualTheFormulasInDoubleAtEveryWidth(int rows, int vocabulary, double deviation, double mean)
    {
        Check<F512>(rows, vocabulary, deviation, mean);
        Check<F256>(rows, vocabulary, deviation, mean);
        Check<F128>(rows, vocabulary, deviation, mean);
        Check<F1>(rows, vocabulary, deviation, mean);
    }

    [Fact]
    public void PublishedLogSumExp()
    {
        using GuardedMemory logits = new([1, 0, -1, 0.5f]), results = new(2);
        using GuardedMemory targets = new(1);
        using WorkerPool pool = new(1);
        CrossEntropy.Forward(pool, 1, 4, logits.Data, 4, targets.AsIds(), results.Data, results.Data.At(1));
        Assert.Equal(1.746567269, results.Span[1], 2e-7);
        CrossEntropy.Backward(pool, 1, 4, logits.Data, 4, targets.AsIds(), results.Data.At(1), 1, logits.Data, 4);
        Sample.AssertClose([0.473990846 - 1, 0.174371488, 0.064147685, 0.287489981], logits.Span, 1e-7);
    }

    [Fact]
    public void ResultsAreTheSameBitsForAnyNumberOfThreadsAndInPlace()
    {
        const int rows = 37, vocabulary = 3001;
        using GuardedMemory targets = Sample.Ids(2, rows, vocabulary);
        int[][]? expected = null;
        foreach (int threads in (int[])[1, 2, 3])
        {
            using WorkerPool pool = new(threads);
            using GuardedMemory logits = Sample.Normal(1, rows * vocabulary, 4);
            using GuardedMemory losses = new(rows), sums = new(rows), gradient = new(rows * vocabulary);
            CrossEntropy.Forward(pool, rows, vocabulary, logits.Data, vocabulary, targets.AsIds(), losses.Data, sums.Data);
            CrossEntropy.Backward(pool, rows, vocabulary, logits.Data, vocabulary, targets.AsIds(), sums.Data, 0.5f, gradient.Data, vocabulary);
            CrossEntropy.Backward(pool, rows, vocabulary, logits.Data, vocabulary, targets.AsIds(), sums.Data, 0.5f, logits.Data, vocabulary);
            int[][] bits = [losses.Bits(), sums.Bits(), gradient.Bits()];
            expected ??= bits;
            Assert.Equal(expected, bits);
            Assert.Equal(gradient.Bits(), logits.Bits());
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void ABrokenLogitMakesTheLossNaNWhereverItIs(float broken)
    {
        CheckBroken<F512>(broken);
        CheckBroken<F256>(broken);
        CheckBroken<F128>(broken);
        CheckBroken<F1>(broken);
    }

    [Fact]
    public void ExtremeFiniteLogitsStayFinite()
    {
        using WorkerPool pool = new(1);
        using GuardedMemory targets = new(1), losses = new(1), sums = new(1);
        using GuardedMemory logits = new(2500);
        logits.Span.Fill(float.MinValue);
        CrossEntropy.Forward(pool, 1, 2500, logits.Data, 2500, targets.AsIds(), losses.Data, sums.Data);
        Assert.Equal(Math.Log(2500), losses.Span[0], 1e-6);
        logits.Span[0] = float.MaxValue;
        CrossEntropy.Forward(pool, 1, 2500, logits.Data, 2500, targets.AsIds(), losses.Data, sums.Data);
        Assert.Equal(0, losses.Span[0]);
    }

    [Fact]
    public void ASureLossKeepsItsDigits()
    {
        // log(1 + 9 e^-14), which a sum in single precision would round to a multiple of 6e-8.
        using WorkerPool pool = new(1);
        using GuardedMemory targets = new(1), losses = new(1), sums = new(1);
        using GuardedMemory logits = new(2000);
        logits.Span.Fill(-200);
        logits.Span[0] = 14;
        logits.Span.Slice(1500, 9).Clear();
        CrossEntropy.Forward(pool, 1, 2000, logits.Data, 2000, targets.AsIds(), losses.Data, sums.Data);
        double expected = Math.Log(1 + 9 * Math.Exp(-14));
        Assert.Equal(expected, losses.Span[0], expected * 1e-6);
    }

    [Fact]
    public void TheMeanIsOverCountedRows()
    {
        using GuardedMemory losses = new([1, 2, 4, 8]);
        using GuardedMemory targets = new(4);
        targets.AsIds()[1] = -1;
        Assert.Equal(new LossSum(13, 3), Losses.Mean(losses.Data, 4, targets.AsIds()));
        for (int i = 0; i < 4; i++) targets.AsIds()[i] = -100;
        Assert.Equal(0, Losses.Mean(losses.Data, 4, targets.AsIds()).Mean);
    }

    private static void CheckBroken<S>(float broken) where S : unmanaged, ISimd<S>
    {
        using WorkerPool pool = new(1);
        foreach (int vocabulary in (int[])[1, 13, 100, 2100])
        {
            using GuardedMemory targets = new(1), losses = new(1), sums = new(1);
            foreach (int at in (int[])[0, vocabulary / 2, vocabulary - 1])
            {
                using GuardedMemory logits = Sample.Normal(3, vocabulary);
                logits.Span[at] = broken;
                RowKernels.Run<S, CrossEntropy.ForwardRows>(pool, 1, 1, new(vocabulary, logits.Data, vocabulary, targets.AsIds(), losses.Data, sums.Data));
                Assert.True(float.IsNaN(losses.Span[0]), $"vocabulary {vocabulary}, logit {at}: {losses.Span[0]}");
            }
        }
    }

    private static void Check<S>(int rows, int vocabulary, double deviation, double mean) where S : unmanaged, ISimd<S>
    {
        const float scale = 0.37f;
        int stride = vocabulary + 2, gradientStride = vocabulary + 1;
        using WorkerPool pool = new(2);
        using GuardedMemory logits = Sample.Normal(11, rows * stride - 2, deviation);
        for (int i = 0; i < logits.Length; i++) logits.Span[i] += (float)mean;
        using GuardedMemory targets = Sample.Ids(12, rows, vocabulary);
        if (rows > 1) targets.AsIds()[rows / 2] = -1;
        using GuardedMemory losses = Sample.Unwritten(rows), sums = Sample.Unwritten(rows), gradient = Sample.Unwritten(rows * gradientStride - 1);

        RowKernels.Run<S, CrossEntropy.ForwardRows>(pool, rows, 1, new(vocabulary, logits.Data, stride, targets.AsIds(), losses.Data, sums.Data));
        RowKernels.Run<S, CrossEntropy.BackwardRows>(
            pool, rows, 1, new(vocabulary, logits.Data, stride, targets.AsIds(), sums.Data, scale, gradient.Data, gradientStride));
        for (int r = 0; r < rows; r++)
        {
            int target = targets.AsIds()[r];
            ReadOnlySpan<float> x = logits.Span.Slice(r * stride, vocabulary);
            ReadOnlySpan<float> g = gradient.Span.Slice(r * gradientStride, vocabulary);
            if (target < 0)
            {
                Assert.Equal(0, losses.Span[r]);
                Assert.Equal(new float[vocabulary], g.ToArray());
                continue;
            }

            double largest = double.NegativeInfinity, sum = 0;
            foreach (float value in x) largest = Math.Max(largest, value);
            foreach (float value in x) sum += Math.Exp(value - largest);
            double logSumExp = largest + Math.Log(sum);
            Assert.Equal(logSumExp, sums.Span[r], Math.Abs(logSumExp) * 1e-7 + 3e-7);
            Assert.Equal(logSumExp - x[target], losses.Span[r], Math.Abs(logSumExp - x[target]) * 1e-6 + 3e-7);

            // The stored logSumExp is rounded to a float, which shifts every probability by that factor.
            double tolerance = scale * (Math.Abs(logSumExp) * 1e-7 + 5e-7);
            double[] expected = new double[vocabulary];
            for (int c = 0; c < vocabulary; c++) expected[c] = scale * (Math.Exp(x[c] - logSumExp) - (c == target ? 1 : 0));
            Sample.AssertClose(expected, g, tolerance);
        }
    }
}
