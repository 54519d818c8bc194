using System.Runtime.CompilerServices;
using ModelDsl.Kernels;
using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Runtime.Tests.Kernels;

public sealed class ActiveFfnTests
{
    public static TheoryData<int, int, int, int, bool, bool> Shapes => new()
    {
        // rows, neurons, inputs (0 for none), outputs, thresholds, 16-bit weights
        { 1, 13, 3, 5, true, false }, { 1, 500, 64, 96, true, true }, { 2, 1000, 33, 47, true, false }, { 3, 700, 130, 200, false, true }, { 8, 2100, 20, 16, true, true },
        { 16, 900, 17, 70, true, false }, { 16, 300, 0, 33, true, true }, { 1, 2500, 0, 1100, false, false }, { 17, 200, 24, 40, true, true }, { 40, 130, 0, 40, false, false }, { 5, 64, 1, 1, true, false },
    };

    /// <summary>Few rows and many, with and without what they may have, of which nothing, some or all is selected: what the dense formula gives in double.</summary>
    [Theory, MemberData(nameof(Shapes))]
    public void SelectedRowsGiveWhatAllWouldAtEveryWidth(int rows, int neurons, int inputs, int outputs, bool thresholds, bool half)
    {
        foreach (float threshold in (float[])[-10, 0, 1.4f, 10])
        {
            using Problem problem = new(rows, neurons, inputs, outputs, thresholds, half, threshold);
            using WorkerPool pool = new(2);
            problem.Run(pool);
            problem.Check();
            if (rows > ActiveFfn.FewRows) continue;
            problem.RunAt<F512>(pool);
            problem.Check();
            problem.RunAt<F256>(pool);
            problem.Check();
            problem.RunAt<F128>(pool);
            problem.Check();
            problem.RunAt<F1>(pool);
            problem.Check();
        }
    }

    [Theory]
    [InlineData(1, 64)]
    [InlineData(7, 64)]
    [InlineData(16, 0)]
    [InlineData(20, 64)]
    public void ResultsAreTheSameBitsForAnyNumberOfThreads(int rows, int inputs)
    {
        int[]? expected = null;
        foreach (int threads in (int[])[1, 2, 3])
        {
            using Problem problem = new(rows, 5000, inputs, 300, thresholds: true, half: true, 1);
            using WorkerPool pool = new(threads);
            problem.Run(pool);
            expected ??= problem.Output.Bits();
            Assert.Equal(expected, problem.Output.Bits());
        }
    }

    /// <summary>Weights of neurons that are not selected are not read: with NaN in them nothing changes. A NaN among the values shows.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public void OnlySelectedRowsAreRead(int rows)
    {
        using Problem problem = new(rows, 400, 50, 60, thresholds: true, half: false, 2);
        using WorkerPool pool = new(2);
        for (int neuron = 0; neuron < 400; neuron++)
        {
            bool selected = false;
            for (int row = 0; row < rows; row++) selected |= problem.Values.Span[row * 400 + neuron] > problem.Thresholds.Span[row];
            if (selected) continue;
            problem.Up.Span.Slice(neuron * 50, 50).Fill(float.NaN);
            problem.Down.Span.Slice(neuron * 60, 60).Fill(float.NaN);
        }

        problem.Run(pool);
        problem.Check();
        problem.Thresholds.Span[rows - 1] = float.NaN;
        problem.Run(pool);
        Assert.True(float.IsNaN(problem.Output.Span[^1]));
        Assert.Equal(rows == 1, float.IsNaN(problem.Output.Span[0]));
    }

    /// <summary>The square of what exceeds the threshold.</summary>
    private readonly struct Square : INeuron
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public S Apply<S>(S values, S thresholds) where S : unmanaged, ISimd<S> => S.Max(S.Zero, values - thresholds) * S.Max(S.Zero, values - thresholds);
    }

    internal sealed unsafe class Problem : IDisposable
    {
        private readonly int rows, neurons, inputs, outputs;
        private readonly bool hasThresholds, half;
        private readonly GuardedMemory hidden;
        private readonly GuardedHalves halfUp, halfDown;

        public Problem(int rows, int neurons, int inputs, int outputs, bool thresholds, bool half, float threshold)
        {
            (this.rows, this.neurons, this.inputs, this.outputs, hasThresholds, this.half) = (rows, neurons, inputs, outputs, thresholds, half);
            Values = Sample.Normal(1, rows * neurons);
            Input = Sample.Normal(2, rows * inputs);
            Up = Sample.Normal(3, neurons * inputs);
            Down = Sample.Normal(4, neurons * outputs);
            Thresholds = new GuardedMemory(rows);
            for (int row = 0; row < rows; row++) Thresholds.Span[row] = threshold + 0.01f * row;
            if (!thresholds)
            {
                foreach (ref float value in Values.Span) value = value > threshold ? value : 0;
            }

            hidden = Sample.Unwritten(rows * neurons);
            Output = Sample.Unwritten(rows * outputs);
            halfUp = new GuardedHalves(5, half ? neurons * inputs : 0);
            halfDown = new GuardedHalves(6, half ? neurons * outputs : 0);
        }

        public GuardedMemory Values { get; }

        public GuardedMemory Input { get; }

        public GuardedMemory Up { get; }

        public GuardedMemory Down { get; }

        public GuardedMemory Thresholds { get; }

        public GuardedMemory Output { get; }

        private F32 Bounds => hasThresholds ? Thresholds.Data : default;

        public void Run(WorkerPool pool)
        {
            if (inputs > 0)
                ActiveFfn.Run(pool, rows, neurons, 40, new Stored(Values.Data, neurons), Bounds, new Stored(Input.Data, inputs), inputs, Weight(Up, halfUp, inputs), Weight(Down, halfDown, outputs), hidden.Data, new Stored(Output.Data, outputs), outputs, default(Square));
            else
                ActiveFfn.Run(pool, rows, neurons, 40, new Stored(Values.Data, neurons), Bounds, Weight(Down, halfDown, outputs), new Stored(Output.Data, outputs), outputs, default(Square));
        }

        public void RunAt<S>(WorkerPool pool) where S : unmanaged, ISimd<S>
        {
            Output.Span.Fill(float.NaN);
            Stored values = new(Values.Data, neurons), input = new(Input.Data, inputs), output = new(Output.Data, outputs);
            if (half)
                ActiveFfn.Select<S, StoredBF16, Square>(pool, rows, neurons, 40, values, Bounds, input, inputs, Weight(Up, halfUp, inputs).BFloat16, Weight(Down, halfDown, outputs).BFloat16, output, outputs, default);
            else
                ActiveFfn.Select<S, Stored, Square>(pool, rows, neurons, 40, values, Bounds, input, inputs, new Stored(Up.Data, inputs), new Stored(Down.Data, outputs), output, outputs, default);
        }

        public void Check()
        {
            double[] expected = new double[rows * outputs];
            F32 up = half ? halfUp.Widened : Up.Data, down = half ? halfDown.Widened : Down.Data;
            double size = 1;
            for (int row = 0; row < rows; row++)
            {
                for (int neuron = 0; neuron < neurons; neuron++)
                {
                    double value = Values.Span[row * neurons + neuron], excess = Math.Max(0, value - (hasThresholds ? Thresholds.Span[row] : 0)), product = excess * excess;
                    if (product == 0) continue;
                    if (inputs > 0)
                    {
                        double sum = 0;
                        for (int i = 0; i < inputs; i++) sum += (double)Input.Span[row * inputs + i] * up[neuron * inputs + i];
                        product *= sum;
                    }

                    for (int column = 0; column < outputs; column++) expected[row * outputs + column] += product * down[neuron * outputs + column];
                }
            }

            foreach (double value in expected) size = Math.Max(size, Math.Abs(value));
            Sample.AssertClose(expected, Output.Span, 3e-6, size);
        }

        public void Dispose()
        {
            foreach (IDisposable memory in (IDisposable[])[Values, Input, Up, Down, Thresholds, Output, hidden, halfUp, halfDown]) memory.Dispose();
        }

        private Weight Weight(GuardedMemory whole, GuardedHalves halves, int stride) => half ? new Weight(halves.Data, stride) : new Weight(whole.Data, stride);
    }
}
