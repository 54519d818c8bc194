using ModelDsl.Benchmarks.Machine;
using ModelDsl.Benchmarks.Peers;
using ModelDsl.Kernels;
using ModelDsl.Memory;
using ModelDsl.Threading;
using ModelDsl.TorchReference;
using TorchSharp;

namespace ModelDsl.Benchmarks.Ratios;

/// <summary>Matrix products: squares, and the shapes of a training step of the GPT-2 shape (width 384, 2048 rows).</summary>
internal static class MatMulGroups
{
    private const string Ours = "ours", Torch = "TorchSharp", Blas = "OpenBLAS", Peak = "FMA peak";
    private const double AllowedDeviation = 1e-5;
    private const string MklNote = "TorchSharp multiplies with MKL, which does not use AVX-512 on AMD processors";

    /// <summary>All groups.</summary>
    public static IEnumerable<Func<RatioGroup>> All(WorkerPool pool) =>
    [
        () => Square(pool, 192),
        () => Square(pool, 384),
        () => Square(pool, 768),
        () => Square(pool, 1536),
        () => Model(pool, "query, key, value: X·Wᵀ", 2048, 1152, 384, transposeB: true),
        () => Model(pool, "output: X·Wᵀ", 2048, 384, 384, transposeB: true),
        () => Model(pool, "up: X·Wᵀ", 2048, 1536, 384, transposeB: true),
        () => Model(pool, "down: X·Wᵀ", 2048, 384, 1536, transposeB: true),
        () => Model(pool, "head, a chunk of rows: X·Wᵀ", 256, 8192, 384, transposeB: true),
        () => Model(pool, "input gradient of up: dY·W", 2048, 384, 1536),
        () => Model(pool, "weight gradient of up: dYᵀ·X", 1536, 384, 2048, transposeA: true),
        () => Model(pool, "weight gradient of the head: dYᵀ·X", 8192, 384, 256, transposeA: true),
    ];

    private static RatioGroup Square(WorkerPool pool, int n)
    {
        List<RatioRow> rows = [];
        if (n >= 768)
            rows.Add(new($"matrix product, n = {n}, of the FMA peak", round => Flops(n, n, n) / round[Ours] * round[Peak] / PeakFlops(pool), 0.85, 0.94));
        if (OpenBlas.Missing is null) rows.Add(new($"matrix product, n = {n}, against OpenBLAS", round => round[Blas] / round[Ours], 0.90, 1.02));
        if (n >= 384) rows.Add(new($"matrix product, n = {n}, against TorchSharp", round => round[Torch] / round[Ours], 1.8, 2.2) { Note = MklNote });
        return Group(pool, $"matrix product, n = {n}", n, n, n, false, false, rows, squares: true);
    }

    private static RatioGroup Model(WorkerPool pool, string name, int m, int n, int k, bool transposeA = false, bool transposeB = false)
    {
        string title = $"{name}, {m} x {n} x {k}";
        return Group(pool, title, m, n, k, transposeA, transposeB, [new($"{title}, against TorchSharp", round => round[Torch] / round[Ours], 1.8, 2.2) { Note = MklNote }], squares: false);
    }

    private static unsafe RatioGroup Group(
        WorkerPool pool, string name, int m, int n, int k, bool transposeA, bool transposeB, IReadOnlyList<RatioRow> rows, bool squares)
    {
        Arena a = RandomArena.Uniform((long)m * k, 1), b = RandomArena.Uniform((long)k * n, 2), c = new((long)m * n), d = new((long)m * n);
        torch.Tensor left = Tensor(a, transposeA ? k : m, transposeA ? m : k), right = Tensor(b, transposeB ? n : k, transposeB ? k : n);
        torch.Tensor first = transposeA ? left.t() : left, second = transposeB ? right.t() : right, product = torch.zeros(m, n);

        // Everybody writes into memory given to it. TorchSharp has no matmul with an output; 0 · product + first · second is what torch makes of one.
        List<Contender> contenders =
        [
            new(Ours, () => MatMul.Run(
                pool, m, n, k, new Stored(a.Data, transposeA ? m : k), transposeA, new Stored(b.Data, transposeB ? k : n), transposeB, new StoreProduct(c.Data, n, accumulate: false))),
            new(Torch, () => product.addmm_(first, second, beta: 0, alpha: 1)),
        ];
        if (squares && OpenBlas.Missing is null)
        {
            OpenBlas.SetThreads(pool.Threads);
            contenders.Add(new(Blas, () => OpenBlas.Multiply(m, n, k, a.Data.Pointer, b.Data.Pointer, d.Data.Pointer)));
        }

        if (squares) contenders.Add(new(Peak, () => FmaPeak.Run(pool.Threads)));
        RatioGroup group = new()
        {
            Name = name,
            Contenders = contenders,
            Rows = rows,
            Figure = (contender, seconds) => (contender == Peak ? PeakFlops(pool) : Flops(m, n, k)) / seconds / 1e9,
            Check = () =>
            {
                // What nobody writes stays NaN.
                c.Data.AsSpan(c.Length).Fill(float.NaN);
                d.Data.AsSpan(d.Length).Fill(float.NaN);
                product.fill_(float.NaN);
                float[] expected = Product(first, second);
                foreach (Contender contender in contenders.Where(contender => contender.Name != Peak))
                {
                    contender.Unit();
                    ReadOnlySpan<float> result = contender.Name switch
                    {
                        Ours => c.Data.AsSpan(c.Length),
                        Blas => d.Data.AsSpan(d.Length),
                        _ => TorchParameters.Floats(product),
                    };
                    BenchmarkException.ThrowIfAbove(name, contender.Name, "the product in double precision", Distance.Relative(result, expected), AllowedDeviation);
                }

                return null;
            },
        };
        foreach (IDisposable resource in (IDisposable[])[a, b, c, d, left, right, first, second, product]) group.Own(resource);
        return group;
    }

    private static float[] Product(torch.Tensor first, torch.Tensor second)
    {
        using DisposeScope _ = torch.NewDisposeScope();
        return TorchParameters.Floats(first.to_type(torch.ScalarType.Float64).matmul(second.to_type(torch.ScalarType.Float64)));
    }

    private static double Flops(double m, double n, double k) => 2 * m * n * k;

    private static double PeakFlops(WorkerPool pool) => FmaPeak.FlopsPerThread * pool.Threads;

    private static torch.Tensor Tensor(Arena values, int rows, int columns) => torch.tensor(values.Data.AsSpan(values.Length).ToArray(), [rows, columns]);
}
