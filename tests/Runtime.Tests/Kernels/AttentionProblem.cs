using ModelDsl.Kernels;
using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Runtime.Tests.Kernels;

/// <summary>
/// Random operands of one attention, in buffers that end at pages without access: queries, keys and values as column slices of
/// one product, as generated code lays them out, and their gradients likewise.
/// </summary>
internal sealed unsafe class AttentionProblem : IDisposable
{
    private readonly int product, queryColumns;
    private readonly GuardedMemory inputs, inputGradients, output, outputGradient, logSumExp;
    private readonly GuardedMemory? selection;

    public AttentionProblem(AttentionShape shape, int seed, Deviation deviation = Deviation.Sample)
    {
        if (shape.TopK > 0)
        {
            selection = new GuardedMemory(ThresholdTable.Floats(shape.Time));
            ThresholdTable.Fill(selection.Data, shape.Time, shape.TopK, deviation);
            shape = shape with { Thresholds = selection.Data, Counter = new SelectionCounter(Selections, 0) };
        }

        Shape = shape;
        int rows = shape.Batch * shape.Time;
        queryColumns = shape.Heads * shape.HeadWidth;
        product = queryColumns + 2 * shape.KeyValueHeads * shape.HeadWidth;
        inputs = new GuardedMemory(Random(rows * product, seed, 1.5f));
        outputGradient = new GuardedMemory(Random(rows * queryColumns, seed + 1, 1f));
        inputGradients = new GuardedMemory(rows * product);
        output = new GuardedMemory(rows * queryColumns);
        logSumExp = new GuardedMemory(rows * shape.Statistics);
        Poison();
    }

    public AttentionShape Shape { get; }

    /// <summary>Keys kept by selections so far, and keys seen.</summary>
    public long[] Selections { get; } = new long[2];

    public Span<float> Inputs => inputs.Span;

    public Span<float> OutputGradient => outputGradient.Span;

    public Span<float> Output => output.Span;

    public Span<float> LogSumExp => logSumExp.Span;

    public Span<float> InputGradients => inputGradients.Span;

    public HeadMatrix Query => new(inputs.Data, product);

    public HeadMatrix Key => new(inputs.Data.At(queryColumns), product);

    public HeadMatrix Value => new(inputs.Data.At(queryColumns + Shape.KeyValueHeads * Shape.HeadWidth), product);

    public HeadMatrix OutputMatrix => new(output.Data, queryColumns);

    /// <summary>The definition's results. Rows with a score so near its threshold that rounding decides whether it is kept get no upstream gradient.</summary>
    public AttentionReference Reference()
    {
        float[] upstream = outputGradient.Span.ToArray();
        var reference = new AttentionReference(Shape, inputs.Span.ToArray(), upstream);
        upstream.CopyTo(outputGradient.Span);
        return reference;
    }

    /// <summary>NaN where results go, so that what is not written shows.</summary>
    public void Poison()
    {
        output.Span.Fill(float.NaN);
        logSumExp.Span.Fill(float.NaN);
        inputGradients.Span.Fill(float.NaN);
    }

    public void Forward<S>(WorkerPool pool) where S : unmanaged, ISimd<S>
        => new AttentionKernels.ForwardCall(pool, Shape, Query, Key, Value, OutputMatrix, logSumExp.Data, Shape.Statistics).Run<S>();

    public void Forward(WorkerPool pool) => AttentionKernels.Forward(pool, Shape, Query, Key, Value, OutputMatrix, logSumExp.Data, Shape.Statistics);

    public void Backward(WorkerPool pool)
    {
        F32 gradients = inputGradients.Data;
        AttentionKernels.Backward(
            pool, Shape, Query, Key, Value, OutputMatrix, logSumExp.Data, Shape.Statistics, new(outputGradient.Data, queryColumns), new(gradients, product),
            new(gradients.At(queryColumns), product), new(gradients.At(queryColumns + Shape.KeyValueHeads * Shape.HeadWidth), product));
    }

    public void Backward<S>(WorkerPool pool) where S : unmanaged, ISimd<S>
    {
        F32 gradients = inputGradients.Data;
        var data = new AttentionGradients(
            Query, OutputMatrix, logSumExp.Data, Shape.Statistics, new(outputGradient.Data, queryColumns), new(gradients.At(queryColumns), product),
            new(gradients.At(queryColumns + Shape.KeyValueHeads * Shape.HeadWidth), product));
        new AttentionKernels.BackwardCall(pool, Shape, Key, Value, data, new(gradients, product)).Run<S>();
    }

    public void Dispose()
    {
        inputs.Dispose();
        inputGradients.Dispose();
        output.Dispose();
        outputGradient.Dispose();
        logSumExp.Dispose();
        selection?.Dispose();
    }

    public static float[] Random(int count, int seed, float size)
    {
        var random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) values[i] = size * (random.NextSingle() * 2 - 1);
        return values;
    }
}
