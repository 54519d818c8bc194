using ModelDsl.Kernels;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Runtime.Tests.Kernels;

/// <summary>One product of random guarded operands, run at a given width and checked against a reference in double.</summary>
internal sealed class MatMulCase : IDisposable
{
    private readonly GuardedMemory a, b, scaleA, shiftA, scaleB, shiftB, bias, residual, sum, product, applied, finished;

    public MatMulCase(int m, int n, int k, bool transposeA, bool transposeB, int granularity, int seed)
    {
        (M, N, K, TransposeA, TransposeB, Granularity) = (m, n, k, transposeA, transposeB, granularity);
        Random random = new(seed);
        GuardedMemory Some(int count)
        {
            GuardedMemory memory = new(count);
            foreach (ref float value in memory.Span) value = random.NextSingle() * 2 - 1;
            return memory;
        }

        a = Some(m * k);
        b = Some(n * k);
        scaleA = Some(transposeA ? k : m);
        shiftA = Some(transposeA ? m : k);
        scaleB = Some(transposeB ? n : k);
        shiftB = Some(transposeB ? k : n);
        bias = Some(n);
        residual = Some(m * n);
        sum = new(m * n);
        product = new(m * n);
        applied = new(m * n);
        finished = new(m * n);
    }

    public int M { get; }
    public int N { get; }
    public int K { get; }
    public bool TransposeA { get; }
    public bool TransposeB { get; }
    public int Granularity { get; }

    public ReadOnlySpan<float> Product => product.Span;

    private int StrideA => TransposeA ? M : K;

    private int StrideB => TransposeB ? K : N;

    private Stored PlainA => new(a.Data, StrideA);

    private Stored PlainB => new(b.Data, StrideB);

    private ScaledAndShifted RichA => new(a.Data, StrideA, scaleA.Data, shiftA.Data);

    private ScaledAndShifted RichB => new(b.Data, StrideB, scaleB.Data, shiftB.Data);

    private TwoOutputs Rich => new(sum.Data, product.Data, bias.Data, residual.Data, N, applied.Data, finished.Data, Granularity);

    private StoreProduct Plain(bool accumulate) => new(product.Data, N, accumulate);

    /// <summary>Plain operands, plain store: at the chosen width.</summary>
    public void RunPlain<S>(WorkerPool pool, bool accumulate = false) where S : unmanaged, ISimd<S>
        => MatMul<S>.Run(pool, M, N, K, PlainA, TransposeA, PlainB, TransposeB, Plain(accumulate));

    /// <summary>Prologues on both sides and an epilogue with two outputs.</summary>
    public void RunRich<S>(WorkerPool pool) where S : unmanaged, ISimd<S>
    {
        applied.Span.Clear();
        finished.Span.Clear();
        MatMul<S>.Run(pool, M, N, K, RichA, TransposeA, RichB, TransposeB, Rich);
    }

    /// <summary>The same through a right operand packed before.</summary>
    public void RunRichPacked<S>(WorkerPool pool) where S : unmanaged, ISimd<S>
    {
        applied.Span.Clear();
        finished.Span.Clear();
        using GuardedMemory packed = new(MatMul<S>.PackedFloats(N, K));
        MatMul<S>.PackB(pool, N, K, RichB, TransposeB, packed.Data);
        MatMul<S>.RunPacked(pool, M, N, K, RichA, TransposeA, packed.Data, Rich);
    }

    /// <summary>Compares the plain product, to which <paramref name="before"/> was added, with the reference.</summary>
    public void CheckPlain(float before = 0) => Check((i, j, sum, bound) => Near(sum + before, product.Span[i * N + j], bound + Math.Abs(before) * 1e-6, i, j), rich: false);

    /// <summary>Compares both outputs with the reference and checks that every element came and was finished once.</summary>
    public void CheckRich()
    {
        Check((i, j, expected, bound) =>
        {
            int at = i * N + j;
            Near(expected, product.Span[at], bound, i, j);
            Near(expected + bias.Span[j] + residual.Span[at], sum.Span[at], bound + 4e-7 * (Math.Abs(expected) + 2), i, j);
            Assert.Equal(1f, applied.Span[at]);
            Assert.Equal(1f, finished.Span[at]);
        }, rich: true);
    }

    /// <summary>Fills the plain output.</summary>
    public void Fill(float value) => product.Span.Fill(value);

    public void Dispose()
    {
        foreach (GuardedMemory memory in (GuardedMemory[])[a, b, scaleA, shiftA, scaleB, shiftB, bias, residual, sum, product, applied, finished])
            memory.Dispose();
    }

    private void Check(Action<int, int, double, double> element, bool rich)
    {
        for (int i = 0; i < M; i++)
        {
            for (int j = 0; j < N; j++)
            {
                double dot = 0, magnitude = 0;
                for (int p = 0; p < K; p++)
                {
                    double x = Element(a, scaleA, shiftA, StrideA, TransposeA ? p : i, TransposeA ? i : p, rich, out double sizeX);
                    double y = Element(b, scaleB, shiftB, StrideB, TransposeB ? j : p, TransposeB ? p : j, rich, out double sizeY);
                    dot += x * y;
                    magnitude += sizeX * sizeY;
                }

                // A sum of k products in any order: (k + 2) roundings of at most half an ulp (2^-24) of the sum of magnitudes.
                element(i, j, dot, (K + 4) * 6e-8 * magnitude + 1e-30);
            }
        }
    }

    private static double Element(GuardedMemory data, GuardedMemory scale, GuardedMemory shift, int stride, int row, int column, bool rich, out double size)
    {
        double value = data.Span[row * stride + column];
        size = Math.Abs(value);
        if (!rich) return value;
        size = Math.Abs(value * scale.Span[row]) + Math.Abs(shift.Span[column]);
        return value * scale.Span[row] + shift.Span[column];
    }

    private static void Near(double expected, float actual, double bound, int i, int j)
    {
        if (!(Math.Abs(expected - actual) <= bound)) Assert.Fail($"({i}, {j}): expected {expected:G9}, got {actual:G9}, allowed {bound:G3}");
    }
}
