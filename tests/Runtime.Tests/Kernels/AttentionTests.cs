using ModelDsl.Kernels;
using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Runtime.Tests.Kernels;

/// <summary>Attention forward and backward against the definition, at one vector width.</summary>
public abstract unsafe class AttentionTests<S> : AttentionInvariants<S> where S : unmanaged, ISimd<S>
{
    public static TheoryData<string, int, int, int, int, int, bool, int, float> Shapes => new()
    {
        // Name, batch, time, heads, key/value heads, head width, causal, window, soft cap.
        { "one query", 1, 1, 1, 1, 16, true, 0, 0 },
        { "benchmark head", 1, 256, 2, 2, 64, true, 0, 0 },
        { "odd time", 2, 17, 3, 3, 20, true, 0, 0 },
        { "both ways", 2, 67, 2, 2, 40, false, 0, 0 },
        { "both ways, several blocks", 1, 200, 1, 1, 24, false, 0, 0 },
        { "grouped", 2, 45, 6, 2, 32, true, 0, 0 },
        { "one key/value head", 1, 70, 5, 1, 48, true, 0, 0 },
        { "window", 1, 150, 2, 1, 16, true, 7, 0 },
        { "window of one", 1, 33, 1, 1, 5, true, 1, 0 },
        { "window over blocks", 1, 301, 1, 1, 8, true, 130, 0 },
        { "window beyond time", 1, 20, 1, 1, 8, true, 100, 0 },
        { "soft cap", 2, 70, 2, 1, 16, true, 0, 1.5f },
        { "soft cap both ways", 1, 30, 1, 1, 64, false, 0, 3f },
        { "width 1", 1, 40, 2, 2, 1, true, 0, 0 },
        { "width 5", 2, 13, 2, 1, 5, false, 0, 0 },
        { "width 256", 1, 70, 2, 1, 256, true, 0, 0 },
        { "width 80", 1, 130, 1, 1, 80, true, 0, 0 },
        { "width 128, long", 1, 333, 1, 1, 128, true, 0, 0 },
        { "many heads, long", 8, 140, 8, 4, 16, true, 0, 0 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void ForwardAndBackwardAreTheDefinition(string name, int batch, int time, int heads, int keyValueHeads, int width, bool causal, int window, float softCap)
    {
        var shape = new AttentionShape
        {
            Batch = batch,
            Time = time,
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            HeadWidth = width,
            Scale = 1.3f / MathF.Sqrt(width),
            Causal = causal,
            Window = window,
            SoftCap = softCap,
        };
        Check(name, shape);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 0)]
    [InlineData(true, 9)]
    public void DocumentsDoNotSeeEachOther(bool causal, int window)
    {
        const int Batch = 2, Time = 131;
        using var starts = new GuardedMemory(Batch * Time);
        int* first = (int*)starts.Data.Pointer;
        for (int t = 0; t < Time; t++)
        {
            first[t] = t < 5 ? 0 : t < 6 ? 5 : t < 70 ? 6 : t < 128 ? 70 : 128;
            first[Time + t] = t / 31 * 31;
        }

        Check("documents", new AttentionShape
        {
            Batch = Batch,
            Time = Time,
            Heads = 4,
            KeyValueHeads = 2,
            HeadWidth = 12,
            Scale = 0.4f,
            Causal = causal,
            Window = window,
            SegmentStarts = new I32(first),
        });
    }

    [Fact]
    public void LargeScoresDoNotOverflow()
    {
        var shape = new AttentionShape { Batch = 1, Time = 100, Heads = 1, KeyValueHeads = 1, HeadWidth = 16, Scale = 300f, Causal = true };
        using var problem = new AttentionProblem(shape, 5);
        using var pool = new WorkerPool(1);
        problem.Forward<S>(pool);
        AttentionReference reference = problem.Reference();
        AssertClose("output", reference.Output, problem.Output, 2e-3);
        AssertClose("logSumExp", reference.LogSumExp, problem.LogSumExp, 1e-6);
    }

    private protected override AttentionShape Causal(int batch, int time, int heads, int keyValueHeads, int width)
        => new() { Batch = batch, Time = time, Heads = heads, KeyValueHeads = keyValueHeads, HeadWidth = width, Scale = 0.2f, Causal = true };

    private static void Check(string name, AttentionShape shape)
    {
        using var problem = new AttentionProblem(shape, 7);
        using var pool = new WorkerPool(2);
        AttentionReference reference = problem.Reference();
        problem.Forward<S>(pool);
        AssertClose(name + ": output", reference.Output, problem.Output, 2e-6);
        AssertClose(name + ": logSumExp", reference.LogSumExp, problem.LogSumExp, 1e-6);
        problem.Backward<S>(pool);

        int width = shape.HeadWidth, keys = shape.Heads * width, values = keys + shape.KeyValueHeads * width, product = values + shape.KeyValueHeads * width;
        Compare("queries", 0, keys);
        Compare("keys", keys, values);
        Compare("values", values, product);

        void Compare(string what, int from, int to)
        {
            IEnumerable<int> indices = Enumerable.Range(0, reference.InputGradients.Length).Where(i => i % product >= from && i % product < to);
            float[] all = problem.InputGradients.ToArray();
            AssertClose($"{name}: gradient of {what}", indices.Select(i => reference.InputGradients[i]).ToArray(), indices.Select(i => all[i]).ToArray(), 5e-6);
        }
    }

    /// <summary>Errors against the largest of the reference and a floor from the size of the operands: a gradient may be truly zero.</summary>
    private static void AssertClose(string what, double[] expected, ReadOnlySpan<float> actual, double tolerance)
    {
        double size = expected.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max() + 0.1;
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = double.IsNegativeInfinity(expected[i]) ? float.IsNegativeInfinity(actual[i]) : Math.Abs(expected[i] - actual[i]) <= tolerance * size;
            Assert.True(same, $"{what}: {actual[i]} instead of {expected[i]} at {i} (size {size})");
        }
    }
}

public sealed class Attention512Tests : AttentionTests<F512>;

public sealed class Attention256Tests : AttentionTests<F256>;

public sealed class Attention128Tests : AttentionTests<F128>;

public sealed class Attention1Tests : AttentionTests<F1>;
