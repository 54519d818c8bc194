using ModelDsl.Kernels;
using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Runtime.Tests.Kernels;

public sealed class RowKernelTests
{
    private const float Epsilon = 1e-5f;

    public static TheoryData<int, int> Shapes => new()
    {
        { 1, 1 }, { 1, 384 }, { 2, 15 }, { 3, 17 }, { 7, 16 }, { 8, 33 }, { 9, 100 }, { 63, 31 }, { 130, 47 }, { 513, 64 }, { 700, 5 }, { 1025, 257 },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void NormAndItsBackwardEqualTheFormulasInDoubleAtEveryWidth(int rows, int columns)
    {
        using Problem problem = new(rows, columns);
        problem.CheckAt<F512>();
        problem.CheckAt<F256>();
        problem.CheckAt<F128>();
        problem.CheckAt<F1>();
    }

    [Theory, MemberData(nameof(Shapes))]
    public void ResultsAreTheSameBitsForAnyNumberOfThreads(int rows, int columns)
    {
        using Problem problem = new(rows, columns);
        int[][]? first = null;
        foreach (int threads in (int[])[1, 2, 3])
        {
            using WorkerPool pool = new(threads);
            for (int repeat = 0; repeat < 3; repeat++)
            {
                problem.Run(pool);
                int[][] bits = [problem.Y.Bits(), problem.Dx.Bits(), problem.Dw.Bits()];
                first ??= bits;
                Assert.Equal(first, bits);
            }
        }
    }

    [Fact]
    public void EveryRowRunsOnceAndFinishOnce()
    {
        using WorkerPool pool = new(2);
        for (int rows = 0; rows < 1200; rows = rows < 200 ? rows + 1 : rows + 97)
        {
            using GuardedMemory visits = new(rows);
            using GuardedMemory sum = new(3);
            RowKernels.Run(pool, rows, new Visit(visits.Data, default, 0));
            RowKernels.Run(pool, rows, new Visit(visits.Data, sum.Data, 3));
            Assert.All(visits.Span.ToArray(), count => Assert.Equal(2f, count));
            Assert.Equal([1f, rows, 2f * rows], sum.Span.ToArray());
        }
    }

    [Fact]
    public void AccumulatorsLargerThanATileOfTheirSumAreSummedWhole()
    {
        const int rows = 300, columns = 5003;
        using GuardedMemory sum = new(columns);
        using WorkerPool pool = new(3);
        RowKernels.Run(pool, rows, new ColumnSums(sum.Data, columns));
        for (int c = 0; c < columns; c++) Assert.Equal(rows * (c % 7), sum.Span[c]);
    }

    private sealed class Problem : IDisposable
    {
        private readonly int rows, columns;
        private readonly GuardedMemory x, weight, dy, inverse;
        private readonly double[] y, dx, dw;
        private readonly double upstream;

        public Problem(int rows, int columns)
        {
            (this.rows, this.columns) = (rows, columns);
            x = Sample.Normal(1, rows * columns);
            weight = Sample.Normal(2, columns);
            dy = Sample.Normal(3, rows * columns);
            inverse = new GuardedMemory(rows);
            Y = Sample.Unwritten(rows * columns);
            Dx = Sample.Unwritten(rows * columns);
            Dw = new GuardedMemory(columns);
            (y, dx, dw) = (new double[rows * columns], new double[rows * columns], new double[columns]);
            for (int r = 0; r < rows; r++)
            {
                double squares = 0, dot = 0;
                for (int c = 0; c < columns; c++) squares += Square(x.Span[r * columns + c]);
                double scale = 1 / Math.Sqrt(squares / columns + Epsilon);
                for (int c = 0; c < columns; c++)
                {
                    int i = r * columns + c;
                    y[i] = x.Span[i] * scale * weight.Span[c];
                    dot += (double)weight.Span[c] * dy.Span[i] * x.Span[i] * scale;
                    dw[c] += dy.Span[i] * x.Span[i] * scale;
                }

                for (int c = 0; c < columns; c++)
                {
                    int i = r * columns + c;
                    upstream = Math.Max(upstream, Math.Abs(scale * weight.Span[c] * dy.Span[i]));
                    dx[i] = scale * ((double)weight.Span[c] * dy.Span[i] - x.Span[i] * scale * dot / columns);
                }
            }
        }

        public GuardedMemory Y { get; }

        public GuardedMemory Dx { get; }

        public GuardedMemory Dw { get; }

        public void Run(WorkerPool pool)
        {
            RowKernels.Run(pool, rows, Forward());
            RowKernels.Run(pool, rows, Backward());
        }

        public void CheckAt<S>() where S : unmanaged, ISimd<S>
        {
            using WorkerPool pool = new(2);
            Y.Span.Fill(float.NaN);
            Dx.Span.Fill(float.NaN);
            Dw.Span.Fill(float.NaN);
            RowKernels.Run<S, RmsNorm>(pool, rows, 4, Forward());
            RowKernels.Run<S, RmsNormBackward>(pool, rows, 4, Backward());
            Sample.AssertClose(y, Y.Span, 1e-6, Largest(y));
            Sample.AssertClose(dx, Dx.Span, 2e-6, upstream);
            Sample.AssertClose(dw, Dw.Span, 2e-6, Math.Sqrt(rows) * 4);
        }

        public void Dispose()
        {
            foreach (GuardedMemory memory in (GuardedMemory[])[x, weight, dy, inverse, Y, Dx, Dw]) memory.Dispose();
        }

        private RmsNorm Forward() => new(x.Data, weight.Data, Y.Data, inverse.Data, columns, Epsilon);

        private RmsNormBackward Backward() => new(x.Data, weight.Data, inverse.Data, dy.Data, Dx.Data, Dw.Data, columns, accumulate: false);

        private static double Square(double value) => value * value;

        private static double Largest(double[] values) => values.Max(Math.Abs);
    }

    private readonly struct Visit(F32 visits, F32 sum, int accumulators) : IRowKernel
    {
        public int Accumulators => accumulators;

        public void Row<S>(nint row, F32 buffer) where S : unmanaged, ISimd<S>
        {
            visits[row]++;
            if (accumulators == 0) return;
            buffer[1]++;
            buffer[2] += 2;
        }

        public void Finish<S>(F32 buffer) where S : unmanaged, ISimd<S>
        {
            buffer[0]++;
            for (int i = 0; i < accumulators; i++) sum[i] += buffer[i];
        }
    }

    private readonly struct ColumnSums(F32 sum, int columns) : IRowKernel
    {
        public int Accumulators => columns;

        public void Row<S>(nint row, F32 buffer) where S : unmanaged, ISimd<S>
        {
            for (int c = 0; c < columns; c++) buffer[c] += c % 7;
        }

        public void Finish<S>(F32 buffer) where S : unmanaged, ISimd<S>
        {
            for (int c = 0; c < columns; c++) sum[c] = buffer[c];
        }
    }
}
