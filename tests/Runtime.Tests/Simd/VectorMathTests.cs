using ModelDsl.Simd;

namespace ModelDsl.Runtime.Tests.Simd;

/// <summary>The elementary functions against double precision, over all floats: a sample of every binade of both signs, and the edges.</summary>
public abstract unsafe class VectorMathTests<S> where S : unmanaged, ISimd<S>
{
    private const int Stride = 3001;

    private static readonly float[] Edges =
    [
        0f, -0f, float.Epsilon, -float.Epsilon, 1.17549435e-38f, 1e-40f, 1e-20f, -1e-20f, 0.95f, -0.95f, 1f, -1f, 1.41421356f, 3.92f, 3.95f, 4f,
        87.33f, 88.72f, 88.7228394f, 88.73f, 89f, 90f, -87.33f, -87.34f, -88.72f, -103.97f, -103.98f, -104f, -105f, -1e4f, 1e4f, 1e30f, -1e30f,
        float.MaxValue, float.MinValue, float.PositiveInfinity, float.NegativeInfinity,
    ];

    private interface IFunction
    {
        static abstract S Evaluate(S x);
        static abstract double Reference(double x);
    }

    [Fact]
    public void Exp() => Check<ExpFunction>(1.5);

    [Fact]
    public void Log() => Check<LogFunction>(1.5);

    [Fact]
    public void Softplus() => Check<SoftplusFunction>(3);

    [Fact]
    public void Tanh() => Check<TanhFunction>(3);

    [Fact]
    public void Erf() => Check<ErfFunction>(2);

    [Fact]
    public void Sigmoid() => Check<SigmoidFunction>(3);

    [Fact]
    public void ReciprocalSqrt() => Check<ReciprocalSqrtFunction>(1.5);

    private static void Check<F>(double bound) where F : IFunction
    {
        float* input = stackalloc float[16], output = stackalloc float[16];
        int count = 0;
        double worst = 0;
        float worstAt = 0;

        void Add(float x)
        {
            input[count++] = x;
            if (count < S.Width) return;
            count = 0;
            S.Store(output, F.Evaluate(S.Load(input)));
            for (int i = 0; i < S.Width; i++)
            {
                double error = ErrorInUlp(output[i], F.Reference(input[i]));
                if (error <= worst) continue;
                worst = error;
                worstAt = input[i];
            }
        }

        foreach (float edge in Edges) Add(edge);
        for (long bits = 0; bits < 0x1_0000_0000; bits += Stride) Add(BitConverter.UInt32BitsToSingle((uint)bits));
        for (int i = -20_000; i <= 20_000; i++) Add(i * 0.0061f);
        for (int i = 0; i < 16; i++) Add(float.NaN);
        Assert.True(worst <= bound, $"{worst:G4} ulp at {worstAt:G9}");
    }

    private static double ErrorInUlp(float actual, double expected)
    {
        float rounded = (float)expected;
        if (float.IsNaN(rounded) || float.IsNaN(actual)) return float.IsNaN(rounded) && float.IsNaN(actual) ? 0 : double.PositiveInfinity;
        if (actual == rounded) return float.IsInfinity(actual) ? 0 : Math.Abs(actual - expected) / Spacing(rounded);
        if (float.IsInfinity(actual) || float.IsInfinity(rounded)) return double.PositiveInfinity;
        return Math.Abs(actual - expected) / Spacing(rounded);
    }

    private static double Spacing(float value)
    {
        float magnitude = Math.Min(Math.Abs(value), MathF.BitDecrement(float.MaxValue));
        return (double)MathF.BitIncrement(magnitude) - magnitude;
    }

    private readonly struct ExpFunction : IFunction
    {
        public static S Evaluate(S x) => VectorMath.Exp(x);
        public static double Reference(double x) => Math.Exp(x);
    }

    private readonly struct LogFunction : IFunction
    {
        public static S Evaluate(S x) => VectorMath.Log(x);
        public static double Reference(double x) => Math.Log(x);
    }

    private readonly struct SoftplusFunction : IFunction
    {
        public static S Evaluate(S x) => VectorMath.Softplus(x);
        public static double Reference(double x)
        {
            double t = Math.Exp(-Math.Abs(x));
            return Math.Max(x, 0) + (t < 1e-4 ? t * (1 - t * (0.5 - t * (1.0 / 3 - t / 4))) : Math.Log(1 + t));
        }
    }

    private readonly struct TanhFunction : IFunction
    {
        public static S Evaluate(S x) => VectorMath.Tanh(x);
        public static double Reference(double x) => Math.Tanh(x);
    }

    private readonly struct ErfFunction : IFunction
    {
        public static S Evaluate(S x) => VectorMath.Erf(x);
        public static double Reference(double x) => DoubleErf.Of(x);
    }

    private readonly struct SigmoidFunction : IFunction
    {
        public static S Evaluate(S x) => VectorMath.Sigmoid(x);
        public static double Reference(double x) => 1 / (1 + Math.Exp(-x));
    }

    private readonly struct ReciprocalSqrtFunction : IFunction
    {
        public static S Evaluate(S x) => VectorMath.ReciprocalSqrt(x);
        public static double Reference(double x) => 1 / Math.Sqrt(x);
    }
}

public sealed class VectorMath512Tests : VectorMathTests<F512>;

public sealed class VectorMath256Tests : VectorMathTests<F256>;

public sealed class VectorMath128Tests : VectorMathTests<F128>;

public sealed class VectorMath1Tests : VectorMathTests<F1>;
