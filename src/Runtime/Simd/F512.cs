using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelDsl.Simd;

/// <summary>16 floats in a 512-bit register.</summary>
public readonly unsafe struct F512 : ISimd<F512>
{
    /// <summary>The hardware vector.</summary>
    public readonly Vector512<float> Value;

    /// <summary>Wraps a hardware vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public F512(Vector512<float> value) => Value = value;

    /// <inheritdoc/>
    public static int Width => 16;

    /// <inheritdoc/>
    public static F512 Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector512<float>.Zero);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 Broadcast(float value) => new(Vector512.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 Load(float* source) => new(Vector512.Load(source));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 Load(float* source, int count)
    {
        if (Avx512F.IsSupported)
            return new(Avx512F.MaskLoad(source, Mask(count), Vector512<float>.Zero));

        float* lanes = stackalloc float[16];
        for (int i = 0; i < 16; i++) lanes[i] = i < count ? source[i] : 0f;
        return new(Vector512.Load(lanes));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 LoadBF16(ushort* source) => Widen(Vector256.Load(source));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 LoadBF16(ushort* source, int count) => Widen(PartialBF16.Load16(source, count));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, F512 value) => value.Value.Store(target);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, F512 value, int count)
    {
        if (Avx512F.IsSupported)
        {
            Avx512F.MaskStore(target, Mask(count), value.Value);
            return;
        }

        for (int i = 0; i < count; i++) target[i] = value.Value[i];
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 First(F512 value, int count) => new(value.Value & Mask(count));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 operator +(F512 left, F512 right) => new(left.Value + right.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 operator -(F512 left, F512 right) => new(left.Value - right.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 operator *(F512 left, F512 right) => new(left.Value * right.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 operator /(F512 left, F512 right) => new(left.Value / right.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 operator -(F512 value) => new(-value.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 MultiplyAdd(F512 a, F512 b, F512 c) => new(Vector512.MultiplyAddEstimate(a.Value, b.Value, c.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 Min(F512 left, F512 right) => new(Vector512.MinNative(left.Value, right.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 Max(F512 left, F512 right) => new(Vector512.MaxNative(left.Value, right.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 Abs(F512 value) => new(Vector512.Abs(value.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 Sqrt(F512 value) => new(Vector512.Sqrt(value.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 Round(F512 value) => new(Vector512.Round(value.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 LessThan(F512 left, F512 right) => new(Vector512.LessThan(left.Value, right.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 Select(F512 mask, F512 whenSet, F512 whenClear)
        => new(Vector512.ConditionalSelect(mask.Value, whenSet.Value, whenClear.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Bits(F512 mask) => (uint)mask.Value.ExtractMostSignificantBits();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 ScaleByPowerOfTwo(F512 x, F512 n)
    {
        if (Avx512F.IsSupported) return new(Avx512F.Scale(x.Value, n.Value));

        // Two factors, because a single one cannot reach the denormals or infinity.
        Vector512<int> exponent = Vector512.ConvertToInt32Native(n.Value);
        Vector512<int> half = Vector512.ShiftRightArithmetic(exponent, 1);
        Vector512<int> rest = exponent - half;
        Vector512<int> bias = Vector512.Create(127);
        Vector512<float> scaled = x.Value * Vector512.ShiftLeft(half + bias, 23).AsSingle();
        return new(scaled * Vector512.ShiftLeft(rest + bias, 23).AsSingle());
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 Exponent(F512 value)
        => new(Vector512.ConvertToSingle(Vector512.ShiftRightLogical(value.Value.AsInt32(), 23) - Vector512.Create(127)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 Significand(F512 value)
        => new((value.Value.AsInt32() & Vector512.Create(0x007FFFFF) | Vector512.Create(0x3F800000)).AsSingle());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(F512 value)
    {
        return F256.Sum(Halves(value));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(float* target, F512 a, F512 b, F512 c, F512 d) => F256.StoreSums(target, Halves(a), Halves(b), Halves(c), Halves(d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F256 Halves(F512 value) => new(value.Value.GetLower() + value.Value.GetUpper());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(F512 value)
    {
        return F256.Largest(new(Vector256.MaxNative(value.Value.GetLower(), value.Value.GetUpper())));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Mask(int count)
        => Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F512 Widen(Vector256<ushort> upper)
    {
        if (Avx512F.IsSupported) return new(Avx512F.ShiftLeftLogical(Avx512F.ConvertToVector512UInt32(upper), 16).AsSingle());
        (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(upper);
        return new(Vector512.ShiftLeft(Vector512.Create(low, high), 16).AsSingle());
    }
}
