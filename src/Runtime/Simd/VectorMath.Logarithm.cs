using System.Runtime.CompilerServices;

namespace ModelDsl.Simd;

public static partial class VectorMath
{
    /// <summary>The natural logarithm within 1.5 ulp, denormals included. log 0 = -∞, log of a negative lane is NaN, log ∞ = ∞.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static S Log<S>(S x) where S : unmanaged, ISimd<S>
    {
        S one = S.Broadcast(1f);
        S isDenormal = S.LessThan(x, S.Broadcast(1.17549435e-38f));
        S normal = S.Select(isDenormal, x * S.Broadcast(16777216f), x);
        S n = S.Exponent(normal) - S.Select(isDenormal, S.Broadcast(24f), S.Zero);
        S m = S.Significand(normal);

        // To [√½, √2), so that the logarithm near 1 comes from the polynomial alone.
        S isLarge = S.LessThan(S.Broadcast(1.41421356f), m);
        m = S.Select(isLarge, m * S.Broadcast(0.5f), m);
        n = S.Select(isLarge, n + one, n);

        S f = m - one;
        S z = f * f;
        S p = S.Broadcast(-0.0763449818f);
        p = S.MultiplyAdd(p, f, S.Broadcast(0.12761578f));
        p = S.MultiplyAdd(p, f, S.Broadcast(-0.131601825f));
        p = S.MultiplyAdd(p, f, S.Broadcast(0.142017573f));
        p = S.MultiplyAdd(p, f, S.Broadcast(-0.166233569f));
        p = S.MultiplyAdd(p, f, S.Broadcast(0.200012267f));
        p = S.MultiplyAdd(p, f, S.Broadcast(-0.250008196f));
        p = S.MultiplyAdd(p, f, S.Broadcast(0.333333313f));
        S tail = S.MultiplyAdd(n, S.Broadcast(Ln2Low), S.MultiplyAdd(p * f, z, z * S.Broadcast(-0.5f)));
        S result = S.MultiplyAdd(n, S.Broadcast(Ln2High), f + tail);

        result = S.Select(S.LessThan(x, S.Broadcast(float.PositiveInfinity)), result, x);
        S notPositive = S.Select(S.LessThan(x, S.Zero), S.Broadcast(float.NaN), S.Broadcast(float.NegativeInfinity));
        return S.Select(S.LessThan(x, S.Broadcast(float.Epsilon)), notPositive, result);
    }

    /// <summary>1 / √x, a correctly rounded root and a correctly rounded division: within 1.5 ulp. +∞ at 0, NaN below it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static S ReciprocalSqrt<S>(S x) where S : unmanaged, ISimd<S> => S.Broadcast(1f) / S.Sqrt(x);
}
