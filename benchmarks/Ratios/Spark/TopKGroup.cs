using System.Globalization;
using ModelDsl.Kernels;
using ModelDsl.Memory;
using ModelDsl.Threading;
using ModelDsl.TorchReference;
using TorchSharp;

namespace ModelDsl.Benchmarks.Ratios.Spark;

/// <summary>Selecting the largest 8 % of each row, and the gradient of that: by a statistical threshold, exactly here, and by torch.topk.</summary>
internal static class TopKGroup
{
    private const string Statistical = "statistical", Exact = "exact", Torch = "torch.topk";
    private const int Rows = 64, Columns = 13824, TopK = 1106;
    private const nint Length = (nint)Rows * Columns;

    // Q(1 - 1106 / 13824).
    private const float Quantile = 1.4050326f;

    /// <summary>The group.</summary>
    public static RatioGroup Create(WorkerPool pool)
    {
        Arena values = RandomArena.Normal(Length, 1), upstream = RandomArena.Normal(Length, 2), kept = new(Length), gradient = new(Length), numbers = new(4 * Rows);
        F32 thresholds = numbers.Data, means = numbers.Data.At(Rows), slopes = numbers.Data.At(2 * Rows), ties = numbers.Data.At(3 * Rows);
        torch.Tensor x = Tensor(values), dy = Tensor(upstream), y = torch.zeros(Rows, Columns), dx = torch.zeros(Rows, Columns);
        long[] counters = new long[2];
        string name = $"top {TopK} of {Columns}, {Rows} rows, forward and backward";
        RatioGroup group = new()
        {
            Name = name,
            Contenders =
            [
                new(Statistical, () =>
                {
                    TopKKernels.Threshold(pool, Rows, Columns, values.Data, Columns, Quantile, Columns - 1, thresholds, means, slopes, new(counters, 0));
                    RowKernels.Run(pool, Rows, new ExcessRows(values.Data, thresholds, kept.Data, Columns));
                    RowKernels.Run(pool, Rows, new ExcessGradientRows(values.Data, upstream.Data, thresholds, means, slopes, gradient.Data, Columns));
                }),
                new(Exact, SelectExactly),
                new(Torch, SelectByTorch),
            ],
            Rows =
            [
                new("statistical top-k against torch.topk, forward and backward", round => round[Torch] / round[Statistical], 20, 40),
                new("statistical top-k against the exact one here", round => round[Exact] / round[Statistical], 5, 8),
            ],
            Unit = "GB/s",
            Figure = (_, seconds) => 4.0 * Length * sizeof(float) / seconds / 1e9,
            Check = () =>
            {
                SelectExactly();
                SelectByTorch();
                double deviation = Math.Max(Distance.Relative(kept.Data.AsSpan(Length), y.data<float>().ToArray()), Distance.Relative(gradient.Data.AsSpan(Length), dx.data<float>().ToArray()));
                BenchmarkException.ThrowIfAbove(name, Exact, $"what {Torch} selects", deviation, 0);
                TopKKernels.Threshold(pool, Rows, Columns, values.Data, Columns, Quantile, Columns - 1, thresholds, means, slopes, new(counters, 0));
                return string.Create(CultureInfo.InvariantCulture, $"exact selections here and by torch are the same; the statistical one takes {(double)counters[0] / counters[1]:P2} of {Columns} normal values where {(double)TopK / Columns:P2} are asked for");
            },
        };
        foreach (IDisposable resource in (IDisposable[])[values, upstream, kept, gradient, numbers, x, dy, y, dx]) group.Own(resource);
        return group;

        void SelectExactly()
        {
            TopKKernels.Select(pool, Rows, Columns, TopK, values.Data, Columns, kept.Data, Columns, thresholds, ties, default);
            TopKKernels.SelectBackward(pool, Rows, Columns, values.Data, Columns, thresholds, ties, upstream.Data, Columns, gradient.Data, Columns);
        }

        void SelectByTorch()
        {
            using DisposeScope scope = torch.NewDisposeScope();
            (torch.Tensor top, torch.Tensor indices) = x.topk(TopK, 1, true, false);
            y.zero_().scatter_(1, indices, top);
            dx.zero_().scatter_(1, indices, dy.gather(1, indices));
        }
    }

    private static torch.Tensor Tensor(Arena values) => torch.tensor(values.Data.AsSpan(Length).ToArray(), Rows, Columns);
}
