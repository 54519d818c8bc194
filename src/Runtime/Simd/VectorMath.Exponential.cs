using System.Runtime.CompilerServices;

namespace ModelDsl.Simd;

/// <summary>
/// Elementary functions of whole vectors, by range reduction and polynomials fitted with the Remez exchange. Errors are in
/// units in the last place of the exact result (of the smallest denormal where the result is below it), over all floats.
/// A NaN lane gives a NaN lane and disturbs no other.
/// </summary>
public static partial class VectorMath
{
    private const float Log2E = 1.44269504f;

    // The high part of ln 2 has few enough bits that its product with any exponent is exact without a fused multiply-add.
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;

    /// <summary>e^x within 1.5 ulp. Overflows to +∞ above 88.72 and underflows through the denormals to 0 below -103.98; e^-∞ = 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static S Exp<S>(S x) where S : unmanaged, ISimd<S>
        => ExpInRange(S.Max(S.Broadcast(-104.5f), S.Min(S.Broadcast(89f), x)));

    /// <summary>1 / (1 + e^-x) within 3 ulp, also where the result is tiny.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static S Sigmoid<S>(S x) where S : unmanaged, ISimd<S>
    {
        S one = S.Broadcast(1f);
        S e = ExpOfNegatedMagnitude(x);
        return S.Select(S.LessThan(x, S.Zero), e, one) / (one + e);
    }

    /// <summary>log(1 + e^x) within 3 ulp, also where the result is tiny: e^x to the left, x to the right.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static S Softplus<S>(S x) where S : unmanaged, ISimd<S>
    {
        // log(1 + t) = 2 artanh(t / (2 + t)), which loses nothing however small t is.
        S t = ExpOfNegatedMagnitude(x);
        S s = t / (t + S.Broadcast(2f));
        S z = s * s;
        S p = S.Broadcast(0.242895573f);
        p = S.MultiplyAdd(p, z, S.Broadcast(0.214307413f));
        p = S.MultiplyAdd(p, z, S.Broadcast(0.286165953f));
        p = S.MultiplyAdd(p, z, S.Broadcast(0.39998889f));
        p = S.MultiplyAdd(p, z, S.Broadcast(0.666666746f));
        return S.Max(S.Zero, x) + S.MultiplyAdd(p * z, s, s + s);
    }

    /// <summary>tanh x within 3 ulp, also near 0, where it is x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static S Tanh<S>(S x) where S : unmanaged, ISimd<S>
    {
        // -(e^y - 1) / (e^y + 1) with y = -2|x|, from e^y - 1 itself, so that small arguments keep all their digits.
        S y = S.Max(S.Broadcast(-20f), S.Abs(x) * S.Broadcast(-2f));
        S n = S.Round(y * S.Broadcast(Log2E));
        S r = ReduceByLn2(y, n);
        S p = S.Broadcast(1.98458787e-4f);
        p = S.MultiplyAdd(p, r, S.Broadcast(1.39406277e-3f));
        p = S.MultiplyAdd(p, r, S.Broadcast(8.33338965e-3f));
        p = S.MultiplyAdd(p, r, S.Broadcast(4.16663624e-2f));
        p = S.MultiplyAdd(p, r, S.Broadcast(0.166666657f));
        p = S.MultiplyAdd(p, r, S.Broadcast(0.5f));
        p = S.MultiplyAdd(p * r, r, r);
        S power = S.ScaleByPowerOfTwo(S.Broadcast(1f), n);
        S m = S.MultiplyAdd(power, p, power - S.Broadcast(1f));
        S magnitude = m / (m + S.Broadcast(2f));
        return S.Select(S.LessThan(x, S.Zero), magnitude, -magnitude);
    }

    /// <summary><see cref="Exp"/> of lanes that are at most 0 (or NaN), as every score under its maximum is: one clamp less.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static S ExpOfNonPositive<S>(S x) where S : unmanaged, ISimd<S> => ExpInRange(S.Max(S.Broadcast(-104.5f), x));

    /// <summary>e^-|x|, in (0, 1].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static S ExpOfNegatedMagnitude<S>(S x) where S : unmanaged, ISimd<S>
        => ExpOfNonPositive(-S.Abs(x));

    /// <summary>e^x for x in [-104.5, 89].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static S ExpInRange<S>(S x) where S : unmanaged, ISimd<S>
    {
        S n = S.Round(x * S.Broadcast(Log2E));
        S r = ReduceByLn2(x, n);
        S p = S.Broadcast(1.38145988e-3f);
        p = S.MultiplyAdd(p, r, S.Broadcast(8.36871658e-3f));
        p = S.MultiplyAdd(p, r, S.Broadcast(4.1668389e-2f));
        p = S.MultiplyAdd(p, r, S.Broadcast(0.166665211f));
        p = S.MultiplyAdd(p, r, S.Broadcast(0.49999994f));
        p = S.MultiplyAdd(p, r, S.Broadcast(1f));
        p = S.MultiplyAdd(p, r, S.Broadcast(1f));
        return S.ScaleByPowerOfTwo(p, n);
    }

    /// <summary>x - n ln 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static S ReduceByLn2<S>(S x, S n) where S : unmanaged, ISimd<S>
        => S.MultiplyAdd(n, S.Broadcast(-Ln2Low), S.MultiplyAdd(n, S.Broadcast(-Ln2High), x));
}
