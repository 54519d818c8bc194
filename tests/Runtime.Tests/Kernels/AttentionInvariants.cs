using System.Runtime.InteropServices;
using ModelDsl.Kernels;
using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Runtime.Tests.Kernels;

/// <summary>What holds of every attention, whichever keys it uses, at one vector width.</summary>
public abstract unsafe class AttentionInvariants<S> where S : unmanaged, ISimd<S>
{
    /// <summary>A causal attention of these sizes.</summary>
    private protected abstract AttentionShape Causal(int batch, int time, int heads, int keyValueHeads, int width);

    [Fact]
    public void AQueryThatSeesNothingGivesNothing()
    {
        const int Time = 21;
        using var starts = new GuardedMemory(Time);
        int* first = (int*)starts.Data.Pointer;
        for (int t = 0; t < Time; t++) first[t] = t is 4 or 20 ? t + 1 : 0;
        using var problem = new AttentionProblem(Causal(1, Time, 2, 1, 8) with { SegmentStarts = new I32(first) }, 3);
        using var pool = new WorkerPool(1);
        problem.Forward<S>(pool);
        problem.Backward<S>(pool);
        int statistics = problem.Shape.Statistics;
        foreach (int t in new[] { 4, 20 })
        {
            Assert.All(problem.Output.Slice(t * 16, 16).ToArray(), value => Assert.Equal(0f, value));
            Assert.All(problem.LogSumExp.Slice(t * statistics, statistics).ToArray(), value => Assert.Equal(float.NegativeInfinity, value));
            Assert.All(problem.InputGradients.Slice(t * 32, 16).ToArray(), value => Assert.Equal(0f, value));
        }

        Assert.DoesNotContain(problem.InputGradients.ToArray(), value => !float.IsFinite(value));
    }

    [Theory]
    [InlineData(1, 1, 200, true)]
    [InlineData(3, 2, 100, false)]
    [InlineData(40, 1, 70, true)]
    public void TheNumberOfThreadsDoesNotShow(int batch, int keyValueHeads, int time, bool causal)
    {
        using var problem = new AttentionProblem(Causal(batch, time, 2 * keyValueHeads, keyValueHeads, 24) with { Causal = causal }, 11);
        float[][] results = new float[4][];
        for (int threads = 0; threads < results.Length; threads++)
        {
            using var pool = new WorkerPool(Math.Max(threads, 1));
            problem.Poison();
            problem.Forward<S>(pool);
            problem.Backward<S>(pool);
            results[threads] = [.. problem.Output, .. problem.LogSumExp, .. problem.InputGradients];
        }

        foreach (float[] result in results)
            Assert.True(MemoryMarshal.AsBytes<float>(results[0]).SequenceEqual(MemoryMarshal.AsBytes<float>(result)));
    }
}
