using ModelDsl.Kernels;
using ModelDsl.Memory;
using ModelDsl.Threading;
using Lookup = ModelDsl.Kernels.EmbeddingKernels;

namespace ModelDsl.Runtime.Tests.Kernels;

/// <summary>Kernels allocate nothing once warm, on any thread, and a growing context asks for no more native memory.</summary>
[Collection(Allocations.Name)]
public sealed class KernelAllocationTests
{
    [Fact]
    public void RowKernels_allocate_nothing()
    {
        const int batch = 3, time = 50, rows = batch * time, width = 96, vocabulary = 200;
        using WorkerPool pool = new(2);
        using Arena arena = new(10 * rows * vocabulary);
        using GuardedMemory ids = Sample.Ids(1, rows, vocabulary);
        using GuardedMemory table = new(RotaryTable.Floats(time, 32));
        RotaryTable.Fill(table.Data, time, 32, 1e4);
        F32 a = arena.Data, b = a.At(rows * vocabulary), c = b.At(rows * vocabulary), d = c.At(rows * vocabulary), e = d.At(rows * vocabulary);
        I32 tokens = ids.AsIds();
        ModelChecks.AllocatesNothing("this step", () =>
        {
            Lookup.Gather(pool, rows, tokens, new Stored(a, width), width, b, width);
            Lookup.GatherPositions(pool, batch, time, default, new Stored(a, width), width, b, width);
            Rotary.Apply(pool, batch, time, default, b, width, 2, 48, 0, 32, table.Data, inverse: false);
            RowKernels.Run(pool, rows, new RmsNorm(b, a, c, d, width, 1e-5f));
            RowKernels.Run(pool, rows, new RmsNormBackward(b, a, d, c, c, e, width, accumulate: false));
            CrossEntropy.Forward(pool, rows, vocabulary, a, vocabulary, tokens, d, e);
            CrossEntropy.Backward(pool, rows, vocabulary, a, vocabulary, tokens, e, 0.1f, b, vocabulary);
            Losses.Mean(d, rows, tokens);
            TopKKernels.Threshold(pool, rows, vocabulary, a, vocabulary, 1.4f, vocabulary, c, d, e, default);
            TopKKernels.Select(pool, rows, vocabulary, 20, a, vocabulary, b, vocabulary, c, d, default);
            TopKKernels.SelectBackward(pool, rows, vocabulary, a, vocabulary, c, d, b, vocabulary, b, vocabulary);
            Lookup.Scatter(pool, rows, tokens, b, width, vocabulary, width, c, accumulate: false);
            Lookup.ScatterPositions(pool, batch, time, b, width, time, width, c, accumulate: true);
            Gradients.SquaredNorm(pool, a, rows * vocabulary);
        });
    }

    [Fact]
    public void Products_and_gathers_of_weights_in_16_bits_allocate_nothing()
    {
        using WorkerPool pool = new(3);
        using GuardedHalves b = new(4, 200 * 64);
        using GuardedMemory a = Sample.Normal(5, 40 * 64), product = new(40 * 200), ids = Sample.Ids(6, 40, 200);
        Weight weight = new(b.Data, 64);
        ModelChecks.AllocatesNothing("products and gathers", () =>
        {
            foreach (int m in (ReadOnlySpan<int>)[1, 2, 4, 8, 40]) MatMul.Run(pool, m, 200, 64, new Stored(a.Data, 64), false, weight, true, new StoreProduct(product.Data, 200, false));
            Lookup.Gather(pool, 40, ids.AsIds(), weight, 64, product.Data, 64);
        });
    }

    [Fact]
    public void Selected_neurons_allocate_nothing()
    {
        using ActiveFfnTests.Problem few = new(3, 900, 40, 50, thresholds: true, half: true, 1), many = new(30, 900, 40, 50, thresholds: true, half: true, 1);
        using WorkerPool pool = new(2);
        ModelChecks.AllocatesNothing("this step", () =>
        {
            few.Run(pool);
            many.Run(pool);
        });
    }

    [Fact]
    public void Matrix_products_allocate_nothing()
    {
        using WorkerPool pool = new(2);
        using Arena memory = new(3 * 400 * 400);
        Stored a = new(memory.Data, 400), b = new(memory.Data.At(400 * 400), 400);
        StoreProduct c = new(memory.Data.At(2 * 400 * 400), 400, false);
        (bool, bool)[] transposes = MatMulTests.Transposes;
        int[] rows = [1, 7, 400];
        ModelChecks.AllocatesNothing("this step", () =>
        {
            foreach ((bool transposeA, bool transposeB) in transposes)
            {
                foreach (int m in rows) MatMul.Run(pool, m, 400, 400, a, transposeA, b, transposeB, c);
            }
        });
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, 8)]
    public void Attention_allocates_nothing(int topK, int predictorWidth)
    {
        using WorkerPool pool = new(2);
        using AttentionProblem problem = new(
            new AttentionShape { Batch = 2, Time = 70, Heads = 4, KeyValueHeads = 2, HeadWidth = 20, Scale = 0.25f, GateScale = 0.25f, Causal = true, TopK = topK, PredictorWidth = predictorWidth }, 1);
        ModelChecks.AllocatesNothing("this step", () =>
        {
            problem.Forward(pool);
            problem.Backward(pool);
        });
    }

    /// <summary>Keys are cut into parts of some 512: whatever scratch the parts need is there from the first step on.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(1, 2)]
    [InlineData(100, 1)]
    [InlineData(1, 1, 40)]
    [InlineData(3, 2, 40)]
    [InlineData(100, 1, 40)]
    public unsafe void A_context_is_filled_without_growing_anything(int rows, int batch, int topK = 0)
    {
        const int context = 2600;
        AttentionShape shape = new() { Batch = batch, Time = rows, Heads = 2, KeyValueHeads = 2, HeadWidth = 20, Scale = 0.25f, GateScale = 0.25f, Causal = true };
        using WorkerPool pool = new(2);
        using AttentionProblem problem = new(shape, 1);
        using Arena thresholds = new(ThresholdTable.Floats(context));
        if (topK > 0)
        {
            ThresholdTable.Fill(thresholds.Data, context, topK, Deviation.Sample);
            shape = shape with { TopK = topK, PredictorWidth = 8, Thresholds = thresholds.Data };
        }

        using Arena keys = new(AttentionKernels.CacheFloats(shape, context)), values = new(AttentionKernels.CacheFloats(shape, context));
        int* starts = stackalloc int[batch];
        I32 held = new(starts);
        void Append(int position)
        {
            for (int b = 0; b < batch; b++) held[b] = position;
            AttentionKernels.Cached(pool, shape, held, context, problem.Query, problem.Key, problem.Value, keys.Data, values.Data, problem.OutputMatrix);
        }

        Append(0);
        long scratch = pool.ScratchBytes;
        for (int position = rows; position + rows <= context; position += rows) Append(position);
        Assert.Equal(scratch, pool.ScratchBytes);
        int[] positions = [0, 511, 512, 1023, 1024, 1153, context - rows];
        ModelChecks.AllocatesNothing("this step", () =>
        {
            foreach (int position in positions) Append(position);
        });
    }
}
