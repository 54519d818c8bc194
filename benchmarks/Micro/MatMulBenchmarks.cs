using BenchmarkDotNet.Attributes;
using ModelDsl.Kernels;
using ModelDsl.Memory;
using ModelDsl.Threading;

namespace ModelDsl.Benchmarks;

/// <summary>Matrix products of square shapes.</summary>
public class MatMulBenchmarks
{
    private WorkerPool? pool;
    private Arena? a;
    private Arena? b;
    private Arena? c;

    [Params(192, 384, 768, 1536)]
    public int Size { get; set; }

    [Params(1, 0)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        pool = new WorkerPool(Threads);
        (a, b, c) = (new Arena(Size * Size), new Arena(Size * Size), new Arena(Size * Size));
        a.Data.AsSpan(a.Length).Fill(0.5f);
        b.Data.AsSpan(b.Length).Fill(0.25f);
    }

    [Benchmark]
    public void Multiply() => MatMul.Run(pool!, Size, Size, Size, new Stored(a!.Data, Size), false, new Stored(b!.Data, Size), false, new StoreProduct(c!.Data, Size, accumulate: false));

    [GlobalCleanup]
    public void Cleanup()
    {
        pool!.Dispose();
        a!.Dispose();
        b!.Dispose();
        c!.Dispose();
    }
}
