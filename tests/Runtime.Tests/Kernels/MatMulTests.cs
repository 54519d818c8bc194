using System.Runtime.Intrinsics;
using CsCheck;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Runtime.Tests.Kernels;

public sealed class MatMulTests : IDisposable
{
    private readonly WorkerPool one = new(1), two = new(2), three = new(3);

    public void Dispose()
    {
        one.Dispose();
        two.Dispose();
        three.Dispose();
    }

    [Fact]
    public void MatchesTheReferenceAt512Bits()
    {
        if (Vector512.IsHardwareAccelerated) MatchesTheReference<F512>();
    }

    [Fact]
    public void MatchesTheReferenceAt256Bits()
    {
        if (Vector256.IsHardwareAccelerated) MatchesTheReference<F256>();
    }

    [Fact]
    public void MatchesTheReferenceAt128Bits()
    {
        if (Vector128.IsHardwareAccelerated) MatchesTheReference<F128>();
    }

    [Fact]
    public void MatchesTheReferenceOneByOne() => MatchesTheReference<F1>();

    [Theory]
    [InlineData(700, 400, 300)]
    [InlineData(64, 1200, 1000)]
    [InlineData(257, 2100, 100)]
    [InlineData(1300, 33, 520)]
    [InlineData(6, 900, 700)]
    public void LargeShapesWithManyTilesAndBlocks(int m, int n, int k)
    {
        foreach ((bool transposeA, bool transposeB) in Transposes)
        {
            using MatMulCase test = new(m, n, k, transposeA, transposeB, 48, 5);
            Vectors.Run(new RichRun(test, two));
            test.CheckRich();
        }
    }

    [Fact]
    public void ThreadsDoNotChangeABit()
    {
        foreach ((bool transposeA, bool transposeB) in Transposes)
        {
            foreach ((int m, int n, int k) in ((int, int, int)[])[(1, 3000, 70), (5, 700, 900), (130, 300, 800), (700, 96, 64), (384, 384, 384)])
            {
                using MatMulCase test = new(m, n, k, transposeA, transposeB, 1, 3);
                List<float[]> results = [];
                foreach (WorkerPool pool in (WorkerPool[])[one, two, three, two])
                {
                    test.RunPlain<F256>(pool);
                    results.Add(test.Product.ToArray());
                    if (Vector512.IsHardwareAccelerated) test.RunRich<F512>(pool);
                    else test.RunRich<F128>(pool);
                    results.Add(test.Product.ToArray());
                }

                for (int i = 2; i < results.Count; i++) Assert.Equal(results[i % 2], results[i]);
            }
        }
    }

    [Fact]
    public void AccumulatesIntoWhatIsThere()
    {
        foreach (int m in (int[])[1, 4, 50])
        {
            using MatMulCase test = new(m, 77, 500, false, true, 1, 9);
            test.Fill(2.5f);
            test.RunPlain<F256>(two, accumulate: true);
            test.CheckPlain(2.5f);
        }
    }

    [Fact]
    public void NoDepthGivesZeros()
    {
        using MatMulCase test = new(5, 40, 0, false, false, 1, 1);
        test.Fill(7);
        test.RunPlain<F256>(two);
        test.CheckPlain();
        using MatMulCase many = new(50, 40, 0, false, true, 1, 1);
        many.Fill(7);
        many.RunPlain<F256>(two);
        many.CheckPlain();
    }

    internal static (bool, bool)[] Transposes => [(false, false), (false, true), (true, false), (true, true)];

    private static Gen<int> OneOf(params int[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private void MatchesTheReference<S>() where S : unmanaged, ISimd<S>
    {
        Gen<int> extent = Gen.Frequency((3, Gen.Int[1, 20]), (3, Gen.Int[1, 90]), (1, OneOf(1, 12, 16, 31, 32, 33, 64, 96)));
        Gen<int> depth = Gen.Frequency((4, Gen.Int[1, 70]), (1, OneOf(1, 383, 384, 385, 800)));
        Gen.Select(extent, extent, depth, Gen.Bool, Gen.Bool, OneOf(1, 2, 24, 64), Gen.Int[0, 1000]).Sample(
            (m, n, k, transposeA, transposeB, granularity, seed) =>
            {
                using MatMulCase test = new(m, n, k, transposeA, transposeB, granularity, seed);
                WorkerPool pool = seed % 2 == 0 ? two : one;
                test.RunPlain<S>(pool);
                test.CheckPlain();
                test.RunRich<S>(pool);
                test.CheckRich();
                test.RunRichPacked<S>(pool);
                test.CheckRich();
            },
            iter: 150, threads: 1);
    }

    private readonly struct RichRun(MatMulCase test, WorkerPool pool) : ISimdBody
    {
        public void Run<S>() where S : unmanaged, ISimd<S> => test.RunRich<S>(pool);
    }
}
