namespace ModelDsl.Simd;

/// <summary>
/// A vector of 32-bit floats of some hardware width. Every kernel and every generated policy is written once, generic over
/// this interface; the JIT specialises it per width and inlines each member to one or two instructions.
/// </summary>
/// <typeparam name="TSelf">The implementing vector: <see cref="F512"/>, <see cref="F256"/>, <see cref="F128"/> or <see cref="F1"/>.</typeparam>
public unsafe interface ISimd<TSelf> where TSelf : unmanaged, ISimd<TSelf>
{
    /// <summary>Number of lanes; a constant to the JIT.</summary>
    static abstract int Width { get; }

    /// <summary>All lanes zero.</summary>
    static abstract TSelf Zero { get; }

    /// <summary>All lanes <paramref name="value"/>.</summary>
    static abstract TSelf Broadcast(float value);

    /// <summary>Loads <see cref="Width"/> floats; no alignment is required.</summary>
    static abstract TSelf Load(float* source);

    /// <summary>Loads the first <paramref name="count"/> floats (0 to Width) and touches no memory beyond them; other lanes are zero.</summary>
    static abstract TSelf Load(float* source, int count);

    /// <summary>Loads <see cref="Width"/> 16-bit brain floats, each the upper half of a lane; no alignment is required.</summary>
    static abstract TSelf LoadBF16(ushort* source);

    /// <summary>Loads the first <paramref name="count"/> brain floats (0 to Width) and touches no memory beyond them; other lanes are zero.</summary>
    static abstract TSelf LoadBF16(ushort* source, int count);

    /// <summary>Stores all lanes.</summary>
    static abstract void Store(float* target, TSelf value);

    /// <summary>Stores the first <paramref name="count"/> lanes (0 to Width) and touches no memory beyond them.</summary>
    static abstract void Store(float* target, TSelf value, int count);

    /// <summary>Keeps the first <paramref name="count"/> lanes, zeroes the rest.</summary>
    static abstract TSelf First(TSelf value, int count);

    /// <summary>Lane-wise sum.</summary>
    static abstract TSelf operator +(TSelf left, TSelf right);

    /// <summary>Lane-wise difference.</summary>
    static abstract TSelf operator -(TSelf left, TSelf right);

    /// <summary>Lane-wise product.</summary>
    static abstract TSelf operator *(TSelf left, TSelf right);

    /// <summary>Lane-wise quotient.</summary>
    static abstract TSelf operator /(TSelf left, TSelf right);

    /// <summary>Lane-wise negation.</summary>
    static abstract TSelf operator -(TSelf value);

    /// <summary>a·b + c with one rounding where the hardware has it.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>Lane-wise minimum; when a lane is NaN the second operand's lane may be returned (hardware rule).</summary>
    static abstract TSelf Min(TSelf left, TSelf right);

    /// <summary>Lane-wise maximum; when a lane is NaN the second operand's lane may be returned (hardware rule).</summary>
    static abstract TSelf Max(TSelf left, TSelf right);

    /// <summary>Lane-wise absolute value.</summary>
    static abstract TSelf Abs(TSelf value);

    /// <summary>Lane-wise square root, correctly rounded.</summary>
    static abstract TSelf Sqrt(TSelf value);

    /// <summary>Lane-wise rounding to the nearest integer, ties to even.</summary>
    static abstract TSelf Round(TSelf value);

    /// <summary>All-ones lanes where left &lt; right, zero lanes elsewhere (also for NaN).</summary>
    static abstract TSelf LessThan(TSelf left, TSelf right);

    /// <summary>Lane-wise choice by a mask made by a comparison.</summary>
    static abstract TSelf Select(TSelf mask, TSelf whenSet, TSelf whenClear);

    /// <summary>Of a mask made by a comparison one bit a lane, the first lane's lowest.</summary>
    static abstract uint Bits(TSelf mask);

    /// <summary>x · 2^n for lanes n that hold integers in [-252, 254] and lanes x in [2^-31, 2^31]; rounded once, to a denormal, 0 or infinity where need be.</summary>
    static abstract TSelf ScaleByPowerOfTwo(TSelf x, TSelf n);

    /// <summary>The unbiased binary exponent of positive normal lanes, as floats.</summary>
    static abstract TSelf Exponent(TSelf value);

    /// <summary>The significand in [1, 2) of positive normal lanes.</summary>
    static abstract TSelf Significand(TSelf value);

    /// <summary>Sum of all lanes, in a fixed tree order.</summary>
    static abstract float Sum(TSelf value);

    /// <summary>Stores <see cref="Sum"/> of four vectors as four floats: cheaper than four sums where dot products are many.</summary>
    static abstract void StoreSums(float* target, TSelf a, TSelf b, TSelf c, TSelf d);

    /// <summary>Largest lane; unspecified when one is NaN.</summary>
    static abstract float Largest(TSelf value);
}
