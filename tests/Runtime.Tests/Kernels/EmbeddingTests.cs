using ModelDsl.Memory;
using ModelDsl.Kernels;
using ModelDsl.Simd;
using ModelDsl.Threading;
using Lookup = ModelDsl.Kernels.EmbeddingKernels;

namespace ModelDsl.Runtime.Tests.Kernels;

public sealed class EmbeddingTests
{
    public static TheoryData<int, int, int, int> Shapes => new()
    {
        // batch, time, vocabulary, width
        { 1, 1, 1, 1 }, { 1, 1, 9, 384 }, { 2, 3, 5, 17 }, { 3, 7, 300, 64 }, { 4, 33, 50, 129 }, { 2, 257, 97, 31 }, { 1, 100, 3, 1000 },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void GathersReadExactlyTheirRows(int batch, int time, int vocabulary, int width)
    {
        CheckGathers<F512>(batch, time, vocabulary, width);
        CheckGathers<F256>(batch, time, vocabulary, width);
        CheckGathers<F128>(batch, time, vocabulary, width);
        CheckGathers<F1>(batch, time, vocabulary, width);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void ScatterAddsRowsInOrderForAnyNumberOfThreads(int batch, int time, int vocabulary, int width)
    {
        int rows = batch * time, stride = width + 3;
        using GuardedMemory ids = Sample.Ids(5, rows, vocabulary);
        using GuardedMemory gradient = Sample.Normal(6, rows * stride - 3);
        using GuardedMemory start = Sample.Normal(7, vocabulary * width);
        using GuardedMemory table = new(vocabulary * width);
        foreach (bool accumulate in (bool[])[false, true])
        {
            // Same order of additions as the kernel's promise: exact equality.
            float[] expected = accumulate ? start.Span.ToArray() : new float[vocabulary * width];
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < width; c++) expected[ids.AsIds()[r] * width + c] += gradient.Span[r * stride + c];

            foreach (int threads in (int[])[1, 2, 3, 7])
            {
                using WorkerPool pool = new(threads);
                start.Span.CopyTo(table.Span);
                Lookup.Scatter(pool, rows, ids.AsIds(), gradient.Data, stride, vocabulary, width, table.Data, accumulate);
                Assert.Equal(expected, table.Span.ToArray());
            }

            using WorkerPool one = new(1);
            foreach (Action<F32> at in (Action<F32>[])[
                target => Lookup.Scatter<F256>(one, rows, ids.AsIds(), gradient.Data, stride, vocabulary, width, target, accumulate),
                target => Lookup.Scatter<F128>(one, rows, ids.AsIds(), gradient.Data, stride, vocabulary, width, target, accumulate),
                target => Lookup.Scatter<F1>(one, rows, ids.AsIds(), gradient.Data, stride, vocabulary, width, target, accumulate)])
            {
                start.Span.CopyTo(table.Span);
                at(table.Data);
                Assert.Equal(expected, table.Span.ToArray());
            }
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void PositionGradientsSumOverTheBatchAndLeaveNothingUnwritten(int batch, int time, int vocabulary, int width)
    {
        int context = time + vocabulary % 4, stride = width + 1;
        using GuardedMemory gradient = Sample.Normal(8, batch * time * stride - 1);
        using GuardedMemory start = Sample.Normal(9, context * width);
        using GuardedMemory table = new(context * width);
        foreach (bool accumulate in (bool[])[false, true])
        {
            float[] expected = accumulate ? start.Span.ToArray() : new float[context * width];
            for (int t = 0; t < time; t++)
            {
                for (int c = 0; c < width; c++)
                {
                    float sum = 0;
                    for (int b = 0; b < batch; b++) sum += gradient.Span[(b * time + t) * stride + c];
                    expected[t * width + c] += sum;
                }
            }

            foreach (int threads in (int[])[1, 2, 3])
            {
                using WorkerPool pool = new(threads);
                start.Span.CopyTo(table.Span);
                Lookup.ScatterPositions(pool, batch, time, gradient.Data, stride, context, width, table.Data, accumulate);
                Assert.Equal(expected, table.Span.ToArray());
                start.Span.CopyTo(table.Span);
                if (!accumulate) table.Span.Fill(float.NaN);
                RowKernels.Run<F128, Lookup.PositionGradientRows>(
                    pool, accumulate ? time : context, 1, new(batch, time, gradient.Data, stride, width, table.Data, accumulate));
                Assert.Equal(expected, table.Span.ToArray());
            }
        }
    }

    [Fact]
    public void WithoutStartsPositionsBeginAtZero()
    {
        using WorkerPool pool = new(2);
        using GuardedMemory table = Sample.Normal(1, 5 * 3);
        using GuardedMemory output = new(10 * 3);
        Lookup.GatherPositions(pool, 2, 5, default, new Stored(table.Data, 3), 3, output.Data, 3);
        Assert.Equal(table.Span.ToArray(), output.Span[..15].ToArray());
        Assert.Equal(table.Span.ToArray(), output.Span[15..].ToArray());
    }

    private static void CheckGathers<S>(int batch, int time, int vocabulary, int width) where S : unmanaged, ISimd<S>
    {
        int rows = batch * time, context = time + batch, stride = width + 2;
        using WorkerPool pool = new(2);
        using GuardedMemory ids = Sample.Ids(1, rows, vocabulary);
        using GuardedMemory table = Sample.Normal(2, vocabulary * width);
        using GuardedMemory positions = Sample.Normal(3, context * width);
        using GuardedMemory starts = new(batch);
        for (int b = 0; b < batch; b++) starts.AsIds()[b] = batch - b;
        using GuardedMemory tokens = Sample.Unwritten(rows * stride - 2), places = Sample.Unwritten(rows * stride - 2);

        RowKernels.Run<S, Lookup.TokenRows<Stored>>(pool, rows, 4, new(ids.AsIds(), new(table.Data, width), width, tokens.Data, stride));
        RowKernels.Run<S, Lookup.PositionRows<Stored>>(pool, rows, 4, new(time, starts.AsIds(), new(positions.Data, width), width, places.Data, stride));
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < width; c++)
            {
                float token = table.Span[ids.AsIds()[r] * width + c];
                float position = positions.Span[(starts.AsIds()[r / time] + r % time) * width + c];
                Assert.Equal(token, tokens.Span[r * stride + c]);
                Assert.Equal(position, places.Span[r * stride + c]);
            }

            if (r < rows - 1) Assert.True(float.IsNaN(tokens.Span[r * stride + width]) && float.IsNaN(places.Span[r * stride + width + 1]));
        }
    }
}
