using ModelDsl.Simd;

namespace ModelDsl.Runtime.Tests.Simd;

/// <summary>Every member of <see cref="ISimd{TSelf}"/> against a plain loop over its lanes.</summary>
public abstract unsafe class SimdTests<S> where S : unmanaged, ISimd<S>
{
    private delegate S Unary(S a);
    private delegate S Binary(S a, S b);

    private static readonly float[] Values =
    [
        1.5f, -2.25f, 0f, 3.75f, -0.5f, 2.5f, 1e-3f, -7e6f, 0.5f, -1.5f, 3.5f, 1e30f, -1e-30f, 9f, 16f, 0.1f,
        -4f, 5.5f, 2f, -3f, 8f, 1f, -1f, 0.25f, 6.5f, -6.5f, 100f, 0.7f, -0.2f, 33f, 1e10f, 12f,
    ];

    private static int Width => S.Width;

    [Fact]
    public void LoadsAndStoresTouchNothingBeyondTheirCount()
    {
        for (int count = 0; count <= Width; count++)
        {
            // Both ends are guarded pages: the source ends with the last lane asked for.
            using var source = new GuardedMemory(Values.AsSpan(0, count));
            using var target = new GuardedMemory(count);
            S loaded = S.Load(source.Data.Pointer, count);
            Assert.Equal(Values.Take(count).Concat(new float[Width - count]), Lanes(loaded));

            S.Store(target.Data.Pointer, Vector(0), count);
            Assert.Equal(Values.Take(count), target.Span.ToArray());
        }

        using var whole = new GuardedMemory(Values.AsSpan(0, Width));
        Assert.Equal(Values.Take(Width), Lanes(S.Load(whole.Data.Pointer)));
        whole.Span.Clear();
        S.Store(whole.Data.Pointer, Vector(0));
        Assert.Equal(Values.Take(Width), whole.Span.ToArray());
    }

    [Fact]
    public void LoadsOfBrainFloatsTouchNothingBeyondTheirCount()
    {
        for (int count = 0; count <= Width; count++)
        {
            using var source = new GuardedMemory((count + 1) / 2);
            ushort* halves = (ushort*)(source.Data.Pointer + source.Length) - count;
            for (int i = 0; i < count; i++) halves[i] = (ushort)(BitConverter.SingleToUInt32Bits(Values[i]) >> 16);
            float[] expected = [.. Enumerable.Range(0, Width).Select(i => i < count ? BitConverter.UInt32BitsToSingle((uint)halves[i] << 16) : 0)];
            Assert.Equal(expected, Lanes(S.LoadBF16(halves, count)));
            if (count == Width) Assert.Equal(expected, Lanes(S.LoadBF16(halves)));
        }
    }

    [Fact]
    public void StoreOfSomeLanesLeavesTheOthersAlone()
    {
        float* target = stackalloc float[16];
        for (int count = 0; count <= Width; count++)
        {
            for (int i = 0; i < Width; i++) target[i] = -99f;
            S.Store(target, Vector(0), count);
            for (int i = 0; i < Width; i++) Assert.Equal(i < count ? Values[i] : -99f, target[i]);
        }
    }

    [Fact]
    public void FirstKeepsCountLanes()
    {
        for (int count = 0; count <= Width; count++)
            Assert.Equal(Values.Take(count).Concat(new float[Width - count]), Lanes(S.First(Vector(0), count)));
    }

    [Fact]
    public void BroadcastAndZeroFillAllLanes()
    {
        Assert.All(Lanes(S.Broadcast(-3.25f)), lane => Assert.Equal(-3.25f, lane));
        Assert.All(Lanes(S.Zero), lane => Assert.Equal(0, BitConverter.SingleToInt32Bits(lane)));
    }

    [Fact]
    public void ArithmeticIsThatOfFloats()
    {
        Check((a, b) => a + b, (a, b) => a + b);
        Check((a, b) => a - b, (a, b) => a - b);
        Check((a, b) => a * b, (a, b) => a * b);
        Check((a, b) => a / b, (a, b) => a / b);
        Check(a => -a, a => -a);
        Check(S.Abs, MathF.Abs);
        Check(S.Sqrt, MathF.Sqrt);
        Check(S.Round, a => MathF.Round(a, MidpointRounding.ToEven));
        Check(S.Min, MathF.Min);
        Check(S.Max, MathF.Max);
    }

    [Fact]
    public void MultiplyAddRoundsAtMostTwice()
    {
        for (int offset = 0; offset < Width; offset++)
        {
            float[] a = Lanes(Vector(0)), b = Lanes(Vector(offset)), result = Lanes(S.MultiplyAdd(Vector(0), Vector(offset), S.Broadcast(0.3f)));
            for (int i = 0; i < Width; i++)
                Assert.True(result[i] == MathF.FusedMultiplyAdd(a[i], b[i], 0.3f) || result[i] == a[i] * b[i] + 0.3f);
        }
    }

    [Fact]
    public void SelectFollowsAComparison()
    {
        Check((a, b) => S.Select(S.LessThan(a, b), a + b, a - b), (a, b) => a < b ? a + b : a - b);
        S nan = S.Broadcast(float.NaN);
        Assert.Equal(Lanes(Vector(1)), Lanes(S.Select(S.LessThan(nan, Vector(0)), Vector(0), Vector(1))));
        Assert.Equal(Lanes(Vector(1)), Lanes(S.Select(S.LessThan(Vector(0), nan), Vector(0), Vector(1))));
        Assert.Equal(Lanes(Vector(1)), Lanes(S.Select(S.Zero, Vector(0), Vector(1))));
    }

    [Fact]
    public void ASecondOperandThatIsNaNSurvivesMinAndMax()
    {
        // What the clamps of the elementary functions rely on.
        Assert.All(Lanes(S.Min(Vector(0), S.Broadcast(float.NaN))), lane => Assert.True(float.IsNaN(lane)));
        Assert.All(Lanes(S.Max(Vector(0), S.Broadcast(float.NaN))), lane => Assert.True(float.IsNaN(lane)));
    }

    [Fact]
    public void ScaleByPowerOfTwoReachesDenormalsAndInfinity()
    {
        foreach (float x in new[] { 1f, 1.41f, 0.7071f, -1.3f, 1.9999999f })
            for (int n = -252; n <= 254; n++)
                Assert.All(Lanes(S.ScaleByPowerOfTwo(S.Broadcast(x), S.Broadcast(n))), lane => Assert.Equal((float)(x * Math.Pow(2, n)), lane));
    }

    [Fact]
    public void ExponentAndSignificandTakeNormalFloatsApart()
    {
        for (int exponent = -126; exponent <= 127; exponent++)
            foreach (float significand in new[] { 1f, 1.5f, 1.9999999f })
            {
                S value = S.Broadcast((float)(significand * Math.Pow(2, exponent)));
                Assert.All(Lanes(S.Exponent(value)), lane => Assert.Equal(exponent, lane));
                Assert.All(Lanes(S.Significand(value)), lane => Assert.Equal(significand, lane));
            }
    }

    [Fact]
    public void SumAddsHalvesAndLargestFindsEachLane()
    {
        float[] lanes = Lanes(Vector(0));
        for (int half = Width / 2; half > 0; half /= 2)
            for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
        Assert.Equal(lanes[0], S.Sum(Vector(0)));

        float* sums = stackalloc float[5];
        sums[4] = -99f;
        S.StoreSums(sums, Vector(0), Vector(3), Vector(7), Vector(1));
        Assert.Equal([S.Sum(Vector(0)), S.Sum(Vector(3)), S.Sum(Vector(7)), S.Sum(Vector(1)), -99f], new ReadOnlySpan<float>(sums, 5).ToArray());

        float* values = stackalloc float[16];
        for (int largest = 0; largest < Width; largest++)
        {
            for (int i = 0; i < Width; i++) values[i] = i == largest ? -1f : -2f - i;
            Assert.Equal(-1f, S.Largest(S.Load(values)));
        }
    }

    private static S Vector(int offset)
    {
        fixed (float* values = &Values[offset]) return S.Load(values);
    }

    private static float[] Lanes(S vector)
    {
        float[] lanes = new float[Width];
        fixed (float* target = lanes) S.Store(target, vector);
        return lanes;
    }

    private static void Check(Unary actual, Func<float, float> expected)
    {
        for (int offset = 0; offset <= Values.Length - Width; offset++)
            Assert.Equal(Lanes(Vector(offset)).Select(expected), Lanes(actual(Vector(offset))));
    }

    private static void Check(Binary actual, Func<float, float, float> expected)
    {
        for (int offset = 0; offset <= Values.Length - Width; offset++)
            Assert.Equal(Lanes(Vector(0)).Zip(Lanes(Vector(offset)), expected), Lanes(actual(Vector(0), Vector(offset))));
    }
}

public sealed class Simd512Tests : SimdTests<F512>;

public sealed class Simd256Tests : SimdTests<F256>;

public sealed class Simd128Tests : SimdTests<F128>;

public sealed class Simd1Tests : SimdTests<F1>;
