using ModelDsl.Kernels;
using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Runtime.Tests.Kernels;

/// <summary>Selective attention forward and backward against the definition, at one vector width.</summary>
public abstract unsafe class SelectiveAttentionTests<S> : AttentionInvariants<S> where S : unmanaged, ISimd<S>
{
    /// <summary>Sizes of one attention under a name.</summary>
    public sealed record Case(
        string Name, int Batch, int Time, int Heads, int KeyValueHeads, int Width, bool Causal, int Window, float SoftCap, int TopK, int PredictorWidth)
    {
        public override string ToString() => Name;
    }

    public static TheoryData<Case> Shapes => new()
    {
        new("one query", 1, 1, 1, 1, 16, true, 0, 0, 1, 8),
        new("one key kept", 1, 90, 2, 2, 12, true, 0, 0, 1, 5),
        new("benchmark head", 1, 256, 2, 2, 64, true, 0, 0, 64, 32),
        new("odd time", 2, 17, 3, 3, 20, true, 0, 0, 3, 7),
        new("both ways", 2, 67, 2, 2, 40, false, 0, 0, 9, 16),
        new("both ways, several blocks", 1, 200, 1, 1, 24, false, 0, 0, 20, 23),
        new("grouped", 2, 45, 6, 2, 32, true, 0, 0, 8, 1),
        new("one key/value head", 1, 70, 5, 1, 48, true, 0, 0, 5, 24),
        new("window", 1, 150, 2, 1, 16, true, 7, 0, 3, 4),
        new("window over blocks", 1, 301, 1, 1, 8, true, 130, 0, 30, 4),
        new("window of as many", 1, 60, 1, 1, 8, true, 10, 0, 10, 4),
        new("soft cap", 2, 70, 2, 1, 16, true, 0, 1.5f, 6, 8),
        new("soft cap both ways", 1, 30, 1, 1, 64, false, 0, 3f, 4, 20),
        new("no split", 2, 75, 4, 2, 24, true, 0, 0, 7, 0),
        new("no split, window and cap", 1, 140, 2, 1, 20, true, 50, 2f, 5, 0),
        new("no split, width 1", 1, 40, 2, 2, 1, true, 0, 0, 4, 0),
        new("width 2", 1, 50, 2, 1, 2, true, 0, 0, 4, 1),
        new("width 256", 1, 130, 2, 1, 256, true, 0, 0, 16, 128),
        new("many heads, long", 8, 140, 8, 4, 16, true, 0, 0, 32, 8),
        new("few selected of many", 1, 400, 2, 1, 16, true, 0, 0, 6, 8),
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void ForwardAndBackwardAreTheDefinition(Case drawn)
    {
        AttentionShape shape = Shape(drawn.Batch, drawn.Time, drawn.Heads, drawn.KeyValueHeads, drawn.Width, drawn.TopK, drawn.PredictorWidth);
        foreach (Deviation deviation in Enum.GetValues<Deviation>())
            Check(drawn.Name, shape with { Causal = drawn.Causal, Window = drawn.Window, SoftCap = drawn.SoftCap }, deviation);
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

        Check("documents", Shape(Batch, Time, 4, 2, 12, 5, 5) with { Causal = causal, Window = window, SegmentStarts = new I32(first) }, Deviation.Sample);
    }

    [Fact]
    public void ASmallExampleComesOut()
    {
        // Five keys of four columns and one query, every position's, with factors of 1; values are unit vectors, so that the output is the weights.
        float[][] columns = [[0.2f, -0.5f, 1f, 0.3f, -0.8f], [0.6f, 0.1f, 0.4f, -0.9f, 0.7f], [-0.3f, 0.8f, 0.5f, 0.2f, -0.1f], [0.9f, -0.4f, 0.2f, 0.6f, 0.3f]];
        float[] query = [1f, 0.5f, -0.7f, 0.4f];
        using var problem = new AttentionProblem(Shape(1, 5, 1, 1, 4, 2, 2) with { Causal = false, Scale = 1f, GateScale = 1f }, 1);
        for (int t = 0; t < 5; t++)
        {
            for (int i = 0; i < 4; i++)
            {
                problem.Inputs[t * 12 + i] = query[i];
                problem.Inputs[t * 12 + 4 + i] = columns[i][t];
                problem.Inputs[t * 12 + 8 + i] = i == t ? 1f : 0f;
            }
        }

        using var pool = new WorkerPool(1);
        problem.Forward<S>(pool);
        for (int t = 0; t < 5; t++)
        {
            Assert.Equal(0.3106153414, problem.LogSumExp[2 * t + 1], 6);
            Assert.Equal([0.337858348, 0, 0.379017577, 0], problem.Output.Slice(t * 4, 4).ToArray().Select(weight => (double)weight), (expected, actual) => Math.Abs(expected - actual) < 3e-7);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public void RowsThatSeeNoMoreThanTheyKeepAreDense(int window)
    {
        AttentionShape shape = Shape(2, 120, 4, 2, 20, 100, 0) with { Window = window };
        using var selective = new AttentionProblem(shape, 3);
        using var dense = new AttentionProblem(shape with { TopK = 0 }, 3);
        using var pool = new WorkerPool(2);
        selective.Forward<S>(pool);
        dense.Forward<S>(pool);
        bool differs = false;
        for (int i = 0; i < dense.Output.Length; i++)
        {
            double error = Math.Abs(dense.Output[i] - selective.Output[i]);
            if (i / 80 % 120 < 100 || window > 0) Assert.True(error < 1e-6, $"{selective.Output[i]} instead of {dense.Output[i]} at {i}");
            else differs |= error > 1e-3;
        }

        Assert.Equal(window == 0, differs);
    }

    [Fact]
    public void OfEqualScoresTheFirstIsKept()
    {
        AttentionShape shape = Shape(1, 40, 2, 1, 6, 5, 3) with { Window = 12 };
        using var problem = new AttentionProblem(shape, 3);
        int product = 4 * 6;
        for (int t = 0; t < 40; t++)
        {
            for (int i = 0; i < 3; i++) problem.Inputs[t * product + 12 + i] = 0.3f * (i + 1);
        }

        using var pool = new WorkerPool(1);
        AttentionReference reference = problem.Reference();
        problem.Forward<S>(pool);
        problem.Backward<S>(pool);
        for (int t = 0; t < 40; t++)
        {
            bool selects = Math.Min(t + 1, 12) > 5;
            Assert.Equal(selects ? Math.Max(t - 11, 0) : reference.LogSumExp[t * 4], problem.LogSumExp[t * 4], 5);
            Assert.Equal(selects ? float.PositiveInfinity : float.NegativeInfinity, problem.LogSumExp[t * 4 + 2]);
            if (selects) Assert.All(problem.InputGradients.Slice(t * product, 3).ToArray(), value => Assert.Equal(0f, value));
        }

        Compare("equal scores", problem, reference);
    }

    // Scores that are mostly rounding: computed in another order they would be others, and other keys would be kept.
    [Fact]
    public void TheBackwardKeepsTheKeysOfTheForward()
    {
        const int Time = 48, Product = 3 * Time;
        using var problem = new AttentionProblem(Shape(1, Time, 1, 1, Time, 8, 0) with { Causal = false, Scale = 1f }, 5);
        for (int i = 0; i < problem.Inputs.Length; i++)
        {
            // Values are unit vectors: the output is the weights.
            int column = i % Product;
            problem.Inputs[i] = column < Time ? 1000f + problem.Inputs[i] : column < 2 * Time ? 1000f + 5e-3f * problem.Inputs[i] : column - 2 * Time == i / Product ? 1f : 0f;
        }

        using var pool = new WorkerPool(1);
        problem.Forward<S>(pool);
        int kept = 0;
        for (int row = 0; row < Time; row++)
        {
            problem.OutputGradient.Clear();
            problem.OutputGradient.Slice(row * Time, Time).Fill(1f);
            problem.Backward<S>(pool);
            for (int key = 0; key < Time; key++)
            {
                Assert.Equal(problem.Output[row * Time + key] > 0f, problem.InputGradients[key * Product + 2 * Time] > 0f);
                if (problem.Output[row * Time + key] > 0f) kept++;
            }
        }

        Assert.InRange(kept, 5 * Time, 11 * Time);
    }

    // Where more keys are seen than kept, where all are, and where both occur.
    [Theory]
    [InlineData(5)]
    [InlineData(40)]
    [InlineData(100)]
    public void WhatIsNoNumberShows(int topK)
    {
        using var problem = new AttentionProblem(Shape(1, 60, 1, 1, 8, topK, 4), 3);
        problem.Inputs[30 * 24 + 8] = float.NaN;
        using var pool = new WorkerPool(1);
        problem.Forward<S>(pool);
        Assert.All(problem.Output[..(30 * 8)].ToArray(), value => Assert.True(float.IsFinite(value)));
        Assert.All(problem.Output[(30 * 8)..].ToArray(), value => Assert.True(float.IsNaN(value)));
    }

    private protected override AttentionShape Causal(int batch, int time, int heads, int keyValueHeads, int width) => Shape(batch, time, heads, keyValueHeads, width, 9, 4);

    private static AttentionShape Shape(int batch, int time, int heads, int keyValueHeads, int width, int topK, int predictorWidth) => new()
    {
        Batch = batch,
        Time = time,
        Heads = heads,
        KeyValueHeads = keyValueHeads,
        HeadWidth = width,
        Scale = 1.3f / MathF.Sqrt(predictorWidth > 0 ? predictorWidth : width),
        GateScale = predictorWidth > 0 ? 1.1f / MathF.Sqrt(width - predictorWidth) : 0f,
        Causal = true,
        TopK = topK,
        PredictorWidth = predictorWidth,
    };

    private static void Check(string name, AttentionShape shape, Deviation deviation)
    {
        using var problem = new AttentionProblem(shape, 7, deviation);
        using var pool = new WorkerPool(2);
        AttentionReference reference = problem.Reference();
        Assert.True(reference.IsClose.Count(close => close) <= 0.02 * reference.IsClose.Length, $"{name}: rounding decides too often, draw other numbers");
        problem.Forward<S>(pool);
        problem.Backward<S>(pool);
        Compare(name, problem, reference);

        // Each close row may keep one key more or less.
        Assert.Equal(reference.Seen, problem.Selections[1]);
        Assert.InRange(problem.Selections[0], reference.Kept.Keys - reference.IsClose.Count(close => close), reference.Kept.Keys + reference.IsClose.Count(close => close));
    }

    private static void Compare(string name, AttentionProblem problem, AttentionReference reference)
    {
        AttentionShape shape = problem.Shape;
        int width = shape.HeadWidth, keys = shape.Heads * width, values = keys + shape.KeyValueHeads * width, product = values + shape.KeyValueHeads * width;
        float[] output = problem.Output.ToArray(), statistics = problem.LogSumExp.ToArray(), gradients = problem.InputGradients.ToArray();
        AssertClose(name + ": output", reference.Output, output, i => !reference.IsClose[i / width], 3e-6);
        AssertClose(
            name + ": statistics", reference.LogSumExp, statistics, i => !reference.IsClose[i / shape.Statistics * shape.Heads + i % shape.Heads], 2e-6);
        AssertClose(name + ": gradient of queries", reference.InputGradients, gradients, i => i % product < keys, 5e-6);
        AssertClose(name + ": gradient of keys", reference.InputGradients, gradients, i => i % product >= keys && i % product < values, 5e-6);
        AssertClose(name + ": gradient of values", reference.InputGradients, gradients, i => i % product >= values, 5e-6);
    }

    /// <summary>Errors against the largest of the reference and a floor from the size of the operands: a gradient may be truly zero.</summary>
    private static void AssertClose(string what, double[] expected, float[] actual, Func<int, bool> counts, double tolerance)
    {
        double size = expected.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max() + 0.1;
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = double.IsInfinity(expected[i]) ? expected[i] == actual[i] : Math.Abs(expected[i] - actual[i]) <= tolerance * size;
            Assert.True(same || !counts(i), $"{what}: {actual[i]} instead of {expected[i]} at {i} (size {size})");
        }
    }
}

public sealed class SelectiveAttention512Tests : SelectiveAttentionTests<F512>;

public sealed class SelectiveAttention256Tests : SelectiveAttentionTests<F256>;

public sealed class SelectiveAttention128Tests : SelectiveAttentionTests<F128>;

public sealed class SelectiveAttention1Tests : SelectiveAttentionTests<F1>;
