using ModelDsl.Kernels;
using ModelDsl.Memory;
using ModelDsl.Threading;

namespace ModelDsl.Runtime.Tests.Kernels;

/// <summary>The public entry points: what they refuse.</summary>
public sealed unsafe class AttentionSurfaceTests
{
    private static readonly AttentionShape Shape = new()
    {
        Batch = 2,
        Time = 70,
        Heads = 4,
        KeyValueHeads = 2,
        HeadWidth = 20,
        Scale = 0.25f,
        Causal = true,
    };

    [Fact]
    public void EmptyShapesDoNothing()
    {
        using var pool = new WorkerPool(2);
        int* starts = stackalloc int[2];
        foreach (AttentionShape shape in new[] { Shape with { Batch = 0 }, Shape with { Time = 0 } })
        {
            using var problem = new AttentionProblem(shape, 1);
            problem.Forward(pool);
            problem.Backward(pool);
            AttentionKernels.Cached(pool, shape, new I32(starts), 8, problem.Query, problem.Key, problem.Value, default, default, problem.OutputMatrix);
        }
    }

    [Fact]
    public void ContradictorySizesAreRefused()
    {
        using var pool = new WorkerPool(1);
        using var problem = new AttentionProblem(Shape, 1);
        void Forward(AttentionShape shape) => AttentionKernels.Forward(pool, shape, problem.Query, problem.Key, problem.Value, problem.OutputMatrix, default, 0);

        Assert.Throws<ArgumentException>(() => Forward(Shape with { Heads = 3 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Forward(Shape with { HeadWidth = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Forward(Shape with { Window = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Forward(Shape with { SoftCap = -1f }));
    }

    [Fact]
    public void AFullCacheIsRefused()
    {
        using var pool = new WorkerPool(1);
        using var problem = new AttentionProblem(Shape, 1);
        int[] starts = [0, 11];
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
        {
            fixed (int* first = starts)
                AttentionKernels.Cached(pool, Shape, new I32(first), 80, problem.Query, problem.Key, problem.Value, default, default, problem.OutputMatrix);
        });
        Assert.Contains("Sequence 1 holds 11 of 80", error.Message, StringComparison.Ordinal);
    }
}
