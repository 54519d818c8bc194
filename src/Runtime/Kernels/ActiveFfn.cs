using System.Runtime.CompilerServices;
using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

/// <summary>
/// What comes after the selection of a feed-forward layer's neurons: output = Σ neuron(value) · (up · input) · down over the neurons that are selected, of whose weights alone the
/// rows are read. With many rows, which together select nearly all, it is two dense products. Sums have an order that depends on shapes and vector width alone.
/// </summary>
public static unsafe class ActiveFfn
{
    /// <summary>Most rows for which reading selected weights only is less than reading all.</summary>
    internal const int FewRows = 16;

    /// <summary>Most ranges of neurons that are computed apart: enough for many threads, few enough that adding up their sums costs little.</summary>
    private const int MostStripes = 32;

    /// <summary>Elements of weights that a range is expected to read at least: enough that claiming it is free.</summary>
    private const int StripeElements = 32 * 1024;

    /// <summary>Columns of one tile of the sum over ranges.</summary>
    private const int SumColumns = 1024;

    /// <summary>A layer whose neurons are multiplied by a product.</summary>
    /// <param name="pool">The workers.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="neurons">How many neurons there are.</param>
    /// <param name="active">How many of them a row is expected to select.</param>
    /// <param name="values">Pre-activations [rows, neurons].</param>
    /// <param name="thresholds">What a neuron's value must exceed [rows]; null where every value but 0 is selected.</param>
    /// <param name="input">What <paramref name="up"/> is applied to [rows, inputs].</param>
    /// <param name="inputs">Columns of the input.</param>
    /// <param name="up">Weights [neurons, inputs].</param>
    /// <param name="down">Weights [neurons, outputs].</param>
    /// <param name="hidden">Memory for all neurons [rows, neurons].</param>
    /// <param name="output">Receives [rows, outputs].</param>
    /// <param name="outputs">Columns of the output.</param>
    /// <param name="neuron">The activation.</param>
    public static void Run<TNeuron>(
        WorkerPool pool, nint rows, int neurons, int active, Stored values, F32 thresholds, Stored input, int inputs, Weight up, Weight down, F32 hidden, Stored output, int outputs, TNeuron neuron)
        where TNeuron : struct, INeuron
    {
        if (rows > FewRows)
        {
            MatMul.Run(pool, rows, neurons, inputs, input, false, up, true, new HiddenProduct<TNeuron>(values, thresholds, new Stored(hidden, neurons), neuron));
            MatMul.Run(pool, rows, outputs, neurons, new Stored(hidden, neurons), false, down, false, new StoreProduct(output.Data, output.Stride, false));
        }
        else if (up.Format == WeightFormat.BFloat16)
        {
            Select(pool, rows, neurons, active, values, thresholds, input, inputs, up.BFloat16, down.BFloat16, output, outputs, neuron);
        }
        else
        {
            Select(pool, rows, neurons, active, values, thresholds, input, inputs, up.Float32, down.Float32, output, outputs, neuron);
        }
    }

    /// <summary>A layer whose neurons are not multiplied by anything.</summary>
    /// <inheritdoc cref="Run{TNeuron}(WorkerPool, nint, int, int, Stored, F32, Stored, int, Weight, Weight, F32, Stored, int, TNeuron)"/>
    public static void Run<TNeuron>(WorkerPool pool, nint rows, int neurons, int active, Stored values, F32 thresholds, Weight down, Stored output, int outputs, TNeuron neuron)
        where TNeuron : struct, INeuron
    {
        if (rows > FewRows)
            MatMul.Run(pool, rows, outputs, neurons, new Activated<TNeuron>(values, thresholds, neuron), false, down, false, new StoreProduct(output.Data, output.Stride, false));
        else if (down.Format == WeightFormat.BFloat16)
            Select(pool, rows, neurons, active, values, thresholds, default, 0, default(StoredBF16), down.BFloat16, output, outputs, neuron);
        else
            Select(pool, rows, neurons, active, values, thresholds, default, 0, default(Stored), down.Float32, output, outputs, neuron);
    }

    private static void Select<TW, TNeuron>(
        WorkerPool pool, nint rows, int neurons, int active, Stored values, F32 thresholds, Stored input, int inputs, TW up, TW down, Stored output, int outputs, TNeuron neuron)
        where TW : struct, IOperand where TNeuron : struct, INeuron
        => Vectors.Run(new SelectRun<TW, TNeuron>(pool, (int)rows, neurons, active, values, thresholds, input, inputs, up, down, output, outputs, neuron));

    /// <summary>Selected rows at a chosen vector width; <paramref name="inputs"/> is 0 where neurons are not multiplied.</summary>
    internal static void Select<S, TW, TNeuron>(
        WorkerPool pool, int rows, int neurons, int active, Stored values, F32 thresholds, Stored input, int inputs, TW up, TW down, Stored output, int outputs, TNeuron neuron)
        where S : unmanaged, ISimd<S> where TW : struct, IOperand where TNeuron : struct, INeuron
    {
        if (rows == 0) return;
        long elements = (long)rows * active * (inputs + outputs);
        int stripes = (int)Math.Clamp(elements / StripeElements, 1, MostStripes);
        int length = RoundUp((neurons + stripes - 1) / stripes, 16);
        stripes = (neurons + length - 1) / length;
        int stride = RoundUp(outputs, 16);
        float* sums = pool.Shared((nint)stripes * rows * stride).Pointer;
        ActiveStripe<S, TW, TNeuron> body = new()
        {
            Pool = pool,
            Rows = rows,
            Neurons = neurons,
            Length = length,
            Values = values,
            Thresholds = thresholds,
            Input = input,
            Inputs = inputs,
            Outputs = outputs,
            Stride = stride,
            Up = up,
            Down = down,
            Sums = sums,
            Neuron = neuron,
        };
        pool.Reserve(body.ScratchFloats);
        pool.Run(stripes, body);
        pool.Run(rows * ((outputs + SumColumns - 1) / SumColumns), new Sum<S>(sums, stripes, rows, stride, output, outputs));
    }

    internal static int RoundUp(int value, int unit) => (value + unit - 1) / unit * unit;

    private readonly struct SelectRun<TW, TNeuron>(
        WorkerPool pool, int rows, int neurons, int active, Stored values, F32 thresholds, Stored input, int inputs, TW up, TW down, Stored output, int outputs, TNeuron neuron) : ISimdBody
        where TW : struct, IOperand where TNeuron : struct, INeuron
    {
        public void Run<S>() where S : unmanaged, ISimd<S>
            => Select<S, TW, TNeuron>(pool, rows, neurons, active, values, thresholds, input, inputs, up, down, output, outputs, neuron);
    }

    /// <summary>Adds the sums of all ranges, in their order.</summary>
    private readonly struct Sum<S>(float* sums, int stripes, int rows, int stride, Stored output, int outputs) : IParallelBody where S : unmanaged, ISimd<S>
    {
        public void Run(int tile, int worker)
        {
            int tiles = (outputs + SumColumns - 1) / SumColumns, row = tile / tiles, column = tile % tiles * SumColumns, end = Math.Min(column + SumColumns, outputs);
            for (; column <= end - 4 * S.Width; column += 4 * S.Width)
            {
                float* from = sums + (nint)row * stride + column;
                S s0 = S.Zero, s1 = S.Zero, s2 = S.Zero, s3 = S.Zero;
                for (int stripe = 0; stripe < stripes; stripe++, from += (nint)rows * stride)
                {
                    s0 += S.Load(from);
                    s1 += S.Load(from + S.Width);
                    s2 += S.Load(from + 2 * S.Width);
                    s3 += S.Load(from + 3 * S.Width);
                }

                float* to = output.Data.Pointer + row * output.Stride + column;
                S.Store(to, s0);
                S.Store(to + S.Width, s1);
                S.Store(to + 2 * S.Width, s2);
                S.Store(to + 3 * S.Width, s3);
            }

            for (; column < end; column += S.Width)
            {
                float* from = sums + (nint)row * stride + column;
                S sum = S.Zero;
                for (int stripe = 0; stripe < stripes; stripe++, from += (nint)rows * stride) sum += S.Load(from);
                S.Store(output.Data.Pointer + row * output.Stride + column, sum, Math.Min(S.Width, end - column));
            }
        }
    }

    /// <summary>Activation times product, of every neuron.</summary>
    private readonly struct HiddenProduct<TNeuron>(Stored values, F32 thresholds, Stored hidden, TNeuron neuron) : IEpilogue where TNeuron : struct, INeuron
    {
        public int Granularity => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply<S, L>(S product, nint row, nint column, L lanes) where S : unmanaged, ISimd<S> where L : struct, ILanes
        {
            S threshold = S.Broadcast(thresholds.IsNull ? 0 : thresholds[row]);
            hidden.Data.Store(row * hidden.Stride + column, neuron.Apply(values.Load<S, L>(row, column, lanes), threshold) * product, lanes);
        }

        public void Finish<S>(nint row, int rows, nint column, int columns) where S : unmanaged, ISimd<S> { }
    }

    /// <summary>Activations, computed where they are read.</summary>
    private readonly struct Activated<TNeuron>(Stored values, F32 thresholds, TNeuron neuron) : IOperand where TNeuron : struct, INeuron
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public S Load<S, L>(nint row, nint column, L lanes) where S : unmanaged, ISimd<S> where L : struct, ILanes
            => Lanes.Keep(neuron.Apply(values.Load<S, L>(row, column, lanes), S.Broadcast(thresholds.IsNull ? 0 : thresholds[row])), lanes);
    }
}
