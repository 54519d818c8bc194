using ModelDsl.Kernels;
using ModelDsl.Memory;
using ModelDsl.Threading;
using Lookup = ModelDsl.Kernels.EmbeddingKernels;

namespace ModelDsl.Runtime.Tests.Kernels;

/// <summary>Runs alone: allocations are counted over all threads of the process.</summary>
[CollectionDefinition(nameof(RowKernelAllocations), DisableParallelization = true)]
public sealed class RowKernelAllocations;

[Collection(nameof(RowKernelAllocations))]
public sealed class AllocationTests
{
    [Fact]
    public void ARepeatedStepOfRowKernelsAllocatesNothingOnAnyThread()
    {
        const int batch = 3, time = 50, rows = batch * time, width = 96, vocabulary = 200;
        using WorkerPool pool = new(2);
        using Arena arena = new(10 * rows * vocabulary);
        using GuardedMemory ids = Sample.Ids(1, rows, vocabulary);
        using GuardedMemory table = new(RotaryTable.Floats(time, 32));
        RotaryTable.Fill(table.Data, time, 32, 1e4);
        F32 a = arena.Data, b = a.At(rows * vocabulary), c = b.At(rows * vocabulary), d = c.At(rows * vocabulary), e = d.At(rows * vocabulary);
        I32 tokens = ids.AsIds();
        for (int warm = 0; warm < 3; warm++) Step();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        Step();
        Assert.Equal(0, GC.GetTotalAllocatedBytes(precise: true) - before);

        void Step()
        {
            Lookup.Gather(pool, rows, tokens, a, width, b, width);
            Lookup.GatherPositions(pool, batch, time, default, a, width, b, width);
            Rotary.Apply(pool, batch, time, default, b, width, 2, 48, 32, table.Data, inverse: false);
            RowKernels.Run(pool, rows, new RmsNorm(b, a, c, d, width, 1e-5f));
            RowKernels.Run(pool, rows, new RmsNormBackward(b, a, d, c, c, e, width, accumulate: false));
            CrossEntropy.Forward(pool, rows, vocabulary, a, vocabulary, tokens, d, e);
            CrossEntropy.Backward(pool, rows, vocabulary, a, vocabulary, tokens, e, 0.1f, b, vocabulary);
            Losses.Mean(d, rows, tokens);
            Lookup.Scatter(pool, rows, tokens, b, width, vocabulary, width, c, accumulate: false);
            Lookup.ScatterPositions(pool, batch, time, b, width, time, width, c, accumulate: true);
            Gradients.SquaredNorm(pool, a, rows * vocabulary);
        }
    }
}
