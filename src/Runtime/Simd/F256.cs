using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelDsl.Simd;

/// <summary>8 floats in a 256-bit register.</summary>
public readonly unsafe struct F256 : ISimd<F256>
{
    /// <summary>The hardware vector.</summary>
    public readonly Vector256<float> Value;

    /// <summary>Wraps a hardware vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public F256(Vector256<float> value) => Value = value;

    /// <inheritdoc/>
    public static int Width => 8;

    /// <inheritdoc/>
    public static F256 Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector256<float>.Zero);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 Broadcast(float value) => new(Vector256.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 Load(float* source) => new(Vector256.Load(source));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 Load(float* source, int count)
    {
        if (Avx.IsSupported)
            return new(Avx.MaskLoad(source, Mask(count)));

        float* lanes = stackalloc float[8];
        for (int i = 0; i < 8; i++) lanes[i] = i < count ? source[i] : 0f;
        return new(Vector256.Load(lanes));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 LoadBF16(ushort* source) => Widen(Vector128.Load(source));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 LoadBF16(ushort* source, int count) => Widen(PartialBF16.Load8(source, count));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, F256 value) => value.Value.Store(target);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, F256 value, int count)
    {
        if (Avx.IsSupported)
        {
            Avx.MaskStore(target, Mask(count), value.Value);
            return;
        }

        for (int i = 0; i < count; i++) target[i] = value.Value[i];
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 First(F256 value, int count) => new(value.Value & Mask(count));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 operator +(F256 left, F256 right) => new(left.Value + right.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 operator -(F256 left, F256 right) => new(left.Value - right.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 operator *(F256 left, F256 right) => new(left.Value * right.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 operator /(F256 left, F256 right) => new(left.Value / right.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 operator -(F256 value) => new(-value.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 MultiplyAdd(F256 a, F256 b, F256 c) => new(Vector256.MultiplyAddEstimate(a.Value, b.Value, c.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 Min(F256 left, F256 right) => new(Vector256.MinNative(left.Value, right.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 Max(F256 left, F256 right) => new(Vector256.MaxNative(left.Value, right.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 Abs(F256 value) => new(Vector256.Abs(value.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 Sqrt(F256 value) => new(Vector256.Sqrt(value.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 Round(F256 value) => new(Vector256.Round(value.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 LessThan(F256 left, F256 right) => new(Vector256.LessThan(left.Value, right.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 Select(F256 mask, F256 whenSet, F256 whenClear)
        => new(Vector256.ConditionalSelect(mask.Value, whenSet.Value, whenClear.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Bits(F256 mask) => mask.Value.ExtractMostSignificantBits();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 ScaleByPowerOfTwo(F256 x, F256 n)
    {
        if (Avx512F.VL.IsSupported) return new(Avx512F.VL.Scale(x.Value, n.Value));

        // Two factors, because a single one cannot reach the denormals or infinity.
        Vector256<int> exponent = Vector256.ConvertToInt32Native(n.Value);
        Vector256<int> half = Vector256.ShiftRightArithmetic(exponent, 1);
        Vector256<int> rest = exponent - half;
        Vector256<int> bias = Vector256.Create(127);
        Vector256<float> scaled = x.Value * Vector256.ShiftLeft(half + bias, 23).AsSingle();
        return new(scaled * Vector256.ShiftLeft(rest + bias, 23).AsSingle());
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 Exponent(F256 value)
        => new(Vector256.ConvertToSingle(Vector256.ShiftRightLogical(value.Value.AsInt32(), 23) - Vector256.Create(127)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 Significand(F256 value)
        => new((value.Value.AsInt32() & Vector256.Create(0x007FFFFF) | Vector256.Create(0x3F800000)).AsSingle());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(F256 value)
    {
        return F128.Sum(Halves(value));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(float* target, F256 a, F256 b, F256 c, F256 d) => F128.StoreSums(target, Halves(a), Halves(b), Halves(c), Halves(d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F128 Halves(F256 value) => new(value.Value.GetLower() + value.Value.GetUpper());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(F256 value)
    {
        return F128.Largest(new(Vector128.MaxNative(value.Value.GetLower(), value.Value.GetUpper())));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Mask(int count)
        => Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(count)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F256 Widen(Vector128<ushort> upper)
    {
        if (Avx2.IsSupported) return new(Avx2.ShiftLeftLogical(Avx2.ConvertToVector256Int32(upper), 16).AsSingle());
        (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(upper);
        return new(Vector256.ShiftLeft(Vector256.Create(low, high), 16).AsSingle());
    }
}
