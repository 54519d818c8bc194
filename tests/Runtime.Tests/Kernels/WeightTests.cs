using System.Runtime.Intrinsics;
using CsCheck;
using ModelDsl.Kernels;
using ModelDsl.Simd;
using ModelDsl.Threading;
using Lookup = ModelDsl.Kernels.EmbeddingKernels;

namespace ModelDsl.Runtime.Tests.Kernels;

/// <summary>Kernels that read 16-bit weights give what they give for the same weights as floats.</summary>
public sealed class WeightTests : IDisposable
{
    private readonly WorkerPool one = new(1), three = new(3);

    public void Dispose()
    {
        one.Dispose();
        three.Dispose();
    }

    [Fact]
    public void Products_equal_those_of_widened_weights_at_512_bits()
    {
        if (Vector512.IsHardwareAccelerated) ProductsEqual<F512>();
    }

    [Fact]
    public void Products_equal_those_of_widened_weights_at_256_bits()
    {
        if (Vector256.IsHardwareAccelerated) ProductsEqual<F256>();
    }

    [Fact]
    public void Products_equal_those_of_widened_weights_at_128_bits()
    {
        if (Vector128.IsHardwareAccelerated) ProductsEqual<F128>();
    }

    [Fact]
    public void Products_equal_those_of_widened_weights_one_by_one() => ProductsEqual<F1>();

    [Theory]
    [InlineData(1, 3001, 770, true)]
    [InlineData(8, 1500, 900, true)]
    [InlineData(40, 1100, 1030, true)]
    [InlineData(300, 700, 513, false)]
    public void Large_products_of_a_weight_are_those_of_its_format(int m, int n, int k, bool transpose)
    {
        using GuardedMemory a = Sample.Normal(1, (nint)m * k);
        using GuardedHalves b = new(2, (nint)n * k);
        using GuardedMemory expected = new((nint)m * n), actual = Sample.Unwritten((nint)m * n);
        nint stride = transpose ? k : n;
        Stored left = new(a.Data, k);
        MatMul.Run(one, m, n, k, left, false, new Weight(b.Widened, stride), transpose, new StoreProduct(expected.Data, n, false));
        MatMul.Run(three, m, n, k, left, false, new Weight(b.Data, stride), transpose, new StoreProduct(actual.Data, n, false));
        AssertClose(expected, actual, k);
    }

    [Fact]
    public void A_part_of_a_weight_starts_at_its_element()
    {
        using GuardedHalves b = new(3, 7 * 5);
        foreach (Weight whole in (Weight[])[new Weight(b.Data, 5), new Weight(b.Widened, 5)])
        {
            Weight part = whole.At(2, 3);
            Assert.Equal((whole.Format, 5), (part.Format, (int)part.Stride));
            F1 value = part.Format == WeightFormat.BFloat16 ? part.BFloat16.Load<F1, AllLanes>(1, 1, default) : part.Float32.Load<F1, AllLanes>(1, 1, default);
            Assert.Equal(b.Widened[3 * 5 + 4], value.Value);
        }
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(5, 9, 384)]
    [InlineData(7, 30, 33)]
    public void Gathers_widen_exactly_their_rows(int rows, int vocabulary, int width)
    {
        using GuardedMemory ids = Sample.Ids(1, rows, vocabulary);
        using GuardedHalves table = new(2, (nint)vocabulary * width), positions = new(3, (nint)rows * width);
        using GuardedMemory tokens = Sample.Unwritten((nint)rows * width), places = Sample.Unwritten((nint)rows * width);
        Lookup.Gather(three, rows, ids.AsIds(), new Weight(table.Data, width), width, tokens.Data, width);
        Lookup.GatherPositions(three, 1, rows, default, new Weight(positions.Data, width), width, places.Data, width);
        for (int i = 0; i < rows * width; i++)
        {
            Assert.Equal(table.Widened[ids.AsIds()[i / width] * width + i % width], tokens.Data[i]);
            Assert.Equal(positions.Widened[i], places.Data[i]);
        }
    }

    private void ProductsEqual<S>() where S : unmanaged, ISimd<S>
        => Gen.Select(Gen.Int[1, 24], Gen.Int[1, 90], Gen.Int[1, 140], Gen.Bool, Gen.Bool, Gen.Int[0, 1000]).Sample(
            (m, n, k, transposeA, transposeB, seed) =>
            {
                using GuardedMemory a = Sample.Normal(seed, (nint)m * k);
                using GuardedHalves b = new(seed + 1, (nint)n * k);
                using GuardedMemory expected = new((nint)m * n), actual = Sample.Unwritten((nint)m * n);
                Stored left = new(a.Data, transposeA ? m : k);
                nint stride = transposeB ? k : n;
                MatMul<S>.Run(one, m, n, k, left, transposeA, new Stored(b.Widened, stride), transposeB, new StoreProduct(expected.Data, n, false));
                MatMul<S>.Run(seed % 2 == 0 ? one : three, m, n, k, left, transposeA, new StoredBF16(b.Data, stride), transposeB, new StoreProduct(actual.Data, n, false));
                AssertClose(expected, actual, k);
            },
            iter: 150, threads: 1);

    private static void AssertClose(GuardedMemory expected, GuardedMemory actual, int k)
        => Sample.AssertClose([.. expected.Span.ToArray().Select(value => (double)value)], actual.Span, 1e-6, Math.Sqrt(k));
}
