using ModelDsl.Kernels;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Runtime.Tests.Kernels;

public sealed class RotaryTests
{
    public static TheoryData<int, int, int, int, int> Shapes => new()
    {
        // batch, time, heads, head width, rotary width
        { 1, 1, 1, 2, 2 }, { 1, 3, 2, 4, 4 }, { 2, 5, 3, 6, 6 }, { 2, 9, 1, 64, 64 }, { 3, 70, 4, 50, 50 }, { 2, 17, 2, 80, 34 }, { 1, 11, 2, 33, 10 }, { 2, 4, 3, 7, 0 },
    };

    [Fact]
    public void GoldenRotationOfPositionTwo()
    {
        using WorkerPool pool = new(1);
        using GuardedMemory table = new(RotaryTable.Floats(3, 4));
        using GuardedMemory data = new([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]);
        RotaryTable.Fill(table.Data, 3, 4, 1e4);
        Rotary.Apply(pool, 1, 3, default, data.Data, 4, 1, 4, 0, 4, table.Data, inverse: false);
        Assert.Equal([1f, 2f, 3f, 4f], data.Span[..4].ToArray());
        Sample.AssertClose([-3.144039117, 1.919605347, -0.339143083, 4.039197360], data.Span[8..], 3e-7);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void RotatesHalvesByAnglesInDoubleAtEveryWidth(int batch, int time, int heads, int headWidth, int rotaryWidth)
    {
        Check<F512>(batch, time, heads, headWidth, rotaryWidth);
        Check<F256>(batch, time, heads, headWidth, rotaryWidth);
        Check<F128>(batch, time, heads, headWidth, rotaryWidth);
        Check<F1>(batch, time, heads, headWidth, rotaryWidth);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void TheInverseUndoesTheRotationForAnyNumberOfThreads(int batch, int time, int heads, int headWidth, int rotaryWidth)
    {
        int width = heads * headWidth;
        using GuardedMemory table = new(RotaryTable.Floats(time, rotaryWidth));
        RotaryTable.Fill(table.Data, time, rotaryWidth, 1e4);
        int[]? first = null;
        foreach (int threads in (int[])[1, 2, 3])
        {
            using WorkerPool pool = new(threads);
            using GuardedMemory data = Sample.Normal(4, batch * time * width);
            double[] before = [.. data.Span.ToArray().Select(value => (double)value)];
            Rotary.Apply(pool, batch, time, default, data.Data, width, heads, headWidth, 0, rotaryWidth, table.Data, inverse: false);
            first ??= data.Bits();
            Assert.Equal(first, data.Bits());
            Rotary.Apply(pool, batch, time, default, data.Data, width, heads, headWidth, 0, rotaryWidth, table.Data, inverse: true);
            Sample.AssertClose(before, data.Span, 1e-6);
        }
    }

    [Fact]
    public void ATileOfAProductRotatesItsOwnHeadsAndRowsOnly()
    {
        const int batch = 2, time = 6, heads = 4, headWidth = 10, width = heads * headWidth;
        using WorkerPool pool = new(1);
        using GuardedMemory table = new(RotaryTable.Floats(time + 3, headWidth));
        RotaryTable.Fill(table.Data, time + 3, headWidth, 1e4);
        using GuardedMemory starts = new(batch);
        starts.AsIds()[0] = 3;
        using GuardedMemory whole = Sample.Normal(5, batch * time * width), tiled = Sample.Normal(5, batch * time * width);
        Rotary.Apply(pool, batch, time, starts.AsIds(), whole.Data, width, heads, headWidth, 0, headWidth, table.Data, inverse: false);
        foreach ((int row, int rows) in ((int, int)[])[(0, 5), (5, 4), (9, 3)])
        {
            foreach ((int head, int count) in ((int, int)[])[(0, 1), (1, 3), (4, 0), (5, -1)])
                Rotary.Rows<F256>(row, rows, head, count, time, starts.AsIds(), tiled.Data, width, headWidth, headWidth, table.Data, inverse: false);
        }

        Sample.AssertClose([.. whole.Span.ToArray().Select(value => (double)value)], tiled.Span, 1e-6);
    }

    [Fact]
    public void AnglesStayExactFarOut()
    {
        const int context = 100_000, rotary = 8;
        using GuardedMemory table = new(RotaryTable.Floats(context, rotary));
        RotaryTable.Fill(table.Data, context, rotary, 500_000);
        for (int pair = 0; pair < 4; pair++)
        {
            double angle = (context - 1) * Math.Pow(500_000, -2.0 * pair / rotary);
            Assert.Equal((float)Math.Cos(angle), table.Span[(context - 1) * rotary + pair]);
            Assert.Equal((float)Math.Sin(angle), table.Span[(context - 1) * rotary + 4 + pair]);
        }
    }

    [Fact]
    public void AnOddWidthIsRefused() => Assert.Throws<ArgumentException>(() => RotaryTable.Fill(default, 1, 3, 1e4));

    private static void Check<S>(int batch, int time, int heads, int headWidth, int rotaryWidth) where S : unmanaged, ISimd<S>
    {
        int stride = heads * headWidth + 5, half = rotaryWidth / 2, context = time + 4;
        using WorkerPool pool = new(2);
        using GuardedMemory table = new(RotaryTable.Floats(context, rotaryWidth));
        RotaryTable.Fill(table.Data, context, rotaryWidth, 1e4);
        using GuardedMemory starts = new(batch);
        for (int b = 0; b < batch; b++) starts.AsIds()[b] = b % 5;
        using GuardedMemory data = Sample.Normal(3, batch * time * stride - 5);
        double[] expected = [.. data.Span.ToArray().Select(value => (double)value)];
        for (int r = 0; r < batch * time; r++)
        {
            int position = r / time % 5 + r % time;
            for (int h = 0; h < heads; h++)
            {
                for (int i = 0; i < half; i++)
                {
                    int at = r * stride + h * headWidth + i;
                    (double sin, double cos) = Math.SinCos(position * Math.Pow(1e4, -2.0 * i / rotaryWidth));
                    (expected[at], expected[at + half]) = (expected[at] * cos - expected[at + half] * sin, expected[at + half] * cos + expected[at] * sin);
                }
            }
        }

        RowKernels.Run<S, Rotary.RotaryRows>(
            pool, batch * time, 4, new(time, starts.AsIds(), data.Data, stride, heads, headWidth, rotaryWidth, table.Data, false));
        Sample.AssertClose(expected, data.Span, 1e-6);
    }
}
