using System.Runtime.InteropServices;
using ModelDsl.Kernels;
using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Runtime.Tests.Kernels;

/// <summary>Decoding and chunked prefill against the full forward pass, at one vector width.</summary>
public abstract unsafe class AttentionCachedTests<S> where S : unmanaged, ISimd<S>
{
    [Theory]
    [InlineData(1, 2, 2, 16, 0, 0, 40)]
    [InlineData(3, 4, 2, 20, 0, 0, 40)]
    [InlineData(7, 3, 1, 5, 0, 0, 50)]
    [InlineData(7, 8, 8, 32, 9, 0, 60)]
    [InlineData(1, 6, 2, 8, 5, 2f, 40)]
    [InlineData(1, 1, 1, 12, 0, 0, 600)]
    [InlineData(1, 4, 1, 16, 300, 0, 700)]
    [InlineData(3, 1, 1, 33, 0, 1.5f, 530)]
    [InlineData(2, 2, 1, 64, 0, 0, 520)]
    [InlineData(100, 2, 1, 16, 0, 0, 1300)]
    [InlineData(64, 1, 1, 16, 70, 0, 1300)]
    public void ChunksEqualTheFullForward(int chunk, int heads, int keyValueHeads, int width, int window, float softCap, int time)
    {
        // Two sequences, the second one ahead of the first by some positions.
        const int Batch = 2, Ahead = 5;
        var full = new AttentionShape
        {
            Batch = Batch,
            Time = time,
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            HeadWidth = width,
            Scale = 1f / MathF.Sqrt(width),
            Causal = true,
            Window = window,
            SoftCap = softCap,
        };
        using var problem = new AttentionProblem(full, 21);
        using var pool = new WorkerPool(2);
        problem.Forward<S>(pool);

        int columns = heads * width, keyColumns = keyValueHeads * width, product = columns + 2 * keyColumns;
        // Caches with and without a gap between sequences.
        nint own = AttentionKernels.CacheFloats(full, time) / Batch, gap = chunk % 2 == 0 ? 0 : 11;
        using var keyCache = new GuardedMemory(Batch * own + gap);
        using var valueCache = new GuardedMemory(Batch * own + gap);
        keyCache.Span.Fill(float.NaN);
        valueCache.Span.Fill(float.NaN);
        int* starts = stackalloc int[Batch];

        void Feed(int rows)
        {
            using var inputs = new GuardedMemory(Batch * rows * product);
            using var output = new GuardedMemory(Batch * rows * columns);
            output.Span.Fill(float.NaN);
            for (int b = 0; b < Batch; b++)
                problem.Inputs.Slice((b * time + starts[b]) * product, rows * product).CopyTo(inputs.Span[(b * rows * product)..]);
            new AttentionKernels.CachedCall(
                pool, full with { Time = rows, CacheStride = gap == 0 ? 0 : own + gap }, new I32(starts), time, new(inputs.Data, product), new(inputs.Data.At(columns), product),
                new(inputs.Data.At(columns + keyColumns), product), keyCache.Data, valueCache.Data, new(output.Data, columns)).Run<S>();
            for (int b = 0; b < Batch; b++)
            {
                Span<float> expected = problem.Output.Slice((b * time + starts[b]) * columns, rows * columns);
                for (int i = 0; i < expected.Length; i++)
                {
                    float error = MathF.Abs(expected[i] - output.Span[b * rows * columns + i]);
                    Assert.True(error < 3e-6f, $"{output.Span[b * rows * columns + i]} instead of {expected[i]} at {starts[b]}, {i}");
                }
            }
        }

        // The second sequence gets its lead while the first one repeats its first positions, as a rewound decoder would.
        for (int i = 0; i < Ahead; i++, starts[1]++) Feed(1);
        while (starts[1] + chunk <= time)
        {
            Feed(chunk);
            starts[0] += chunk;
            starts[1] += chunk;
        }
    }

    [Theory]
    [InlineData(1, 700)]
    [InlineData(70, 1300)]
    public void TheNumberOfThreadsDoesNotShow(int rows, int held)
    {
        var shape = new AttentionShape { Batch = 1, Time = rows, Heads = 2, KeyValueHeads = 1, HeadWidth = 24, Scale = 0.3f, Causal = true };
        using var problem = new AttentionProblem(shape, 4);
        using var keyCache = new GuardedMemory(AttentionProblem.Random((int)AttentionKernels.CacheFloats(shape, held + rows), 1, 1f));
        using var valueCache = new GuardedMemory(AttentionProblem.Random((int)AttentionKernels.CacheFloats(shape, held + rows), 2, 1f));
        byte[]? first = null;
        for (int threads = 1; threads <= 3; threads++)
        {
            using var pool = new WorkerPool(threads);
            problem.Poison();
            new AttentionKernels.CachedCall(
                pool, shape, new I32(&held), held + rows, problem.Query, problem.Key, problem.Value, keyCache.Data, valueCache.Data, problem.OutputMatrix).Run<S>();
            byte[] result = MemoryMarshal.AsBytes(problem.Output).ToArray();
            first ??= result;
            Assert.Equal(first, result);
        }
    }
}

public sealed class AttentionCached512Tests : AttentionCachedTests<F512>;

public sealed class AttentionCached256Tests : AttentionCachedTests<F256>;

public sealed class AttentionCached128Tests : AttentionCachedTests<F128>;

public sealed class AttentionCached1Tests : AttentionCachedTests<F1>;
