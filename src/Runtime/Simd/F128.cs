using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelDsl.Simd;

/// <summary>4 floats in a 128-bit register.</summary>
public readonly unsafe struct F128 : ISimd<F128>
{
    /// <summary>The hardware vector.</summary>
    public readonly Vector128<float> Value;

    /// <summary>Wraps a hardware vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public F128(Vector128<float> value) => Value = value;

    /// <inheritdoc/>
    public static int Width => 4;

    /// <inheritdoc/>
    public static F128 Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector128<float>.Zero);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 Broadcast(float value) => new(Vector128.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 Load(float* source) => new(Vector128.Load(source));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 Load(float* source, int count)
    {
        if (Avx.IsSupported)
            return new(Avx.MaskLoad(source, Mask(count)));

        float* lanes = stackalloc float[4];
        for (int i = 0; i < 4; i++) lanes[i] = i < count ? source[i] : 0f;
        return new(Vector128.Load(lanes));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 LoadBF16(ushort* source) => Widen(*(ulong*)source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 LoadBF16(ushort* source, int count) => Widen(PartialBF16.Load4(source, count));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, F128 value) => value.Value.Store(target);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, F128 value, int count)
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
    public static F128 First(F128 value, int count) => new(value.Value & Mask(count));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 operator +(F128 left, F128 right) => new(left.Value + right.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 operator -(F128 left, F128 right) => new(left.Value - right.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 operator *(F128 left, F128 right) => new(left.Value * right.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 operator /(F128 left, F128 right) => new(left.Value / right.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 operator -(F128 value) => new(-value.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 MultiplyAdd(F128 a, F128 b, F128 c) => new(Vector128.MultiplyAddEstimate(a.Value, b.Value, c.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 Min(F128 left, F128 right) => new(Vector128.MinNative(left.Value, right.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 Max(F128 left, F128 right) => new(Vector128.MaxNative(left.Value, right.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 Abs(F128 value) => new(Vector128.Abs(value.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 Sqrt(F128 value) => new(Vector128.Sqrt(value.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 Round(F128 value) => new(Vector128.Round(value.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 LessThan(F128 left, F128 right) => new(Vector128.LessThan(left.Value, right.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 Select(F128 mask, F128 whenSet, F128 whenClear)
        => new(Vector128.ConditionalSelect(mask.Value, whenSet.Value, whenClear.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Bits(F128 mask) => mask.Value.ExtractMostSignificantBits();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 ScaleByPowerOfTwo(F128 x, F128 n)
    {
        if (Avx512F.VL.IsSupported) return new(Avx512F.VL.Scale(x.Value, n.Value));

        // Two factors, because a single one cannot reach the denormals or infinity.
        Vector128<int> exponent = Vector128.ConvertToInt32Native(n.Value);
        Vector128<int> half = Vector128.ShiftRightArithmetic(exponent, 1);
        Vector128<int> rest = exponent - half;
        Vector128<int> bias = Vector128.Create(127);
        Vector128<float> scaled = x.Value * Vector128.ShiftLeft(half + bias, 23).AsSingle();
        return new(scaled * Vector128.ShiftLeft(rest + bias, 23).AsSingle());
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 Exponent(F128 value)
        => new(Vector128.ConvertToSingle(Vector128.ShiftRightLogical(value.Value.AsInt32(), 23) - Vector128.Create(127)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 Significand(F128 value)
        => new((value.Value.AsInt32() & Vector128.Create(0x007FFFFF) | Vector128.Create(0x3F800000)).AsSingle());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(F128 value)
    {
        Vector128<float> pairs = value.Value + Vector128.Shuffle(value.Value, Vector128.Create(2, 3, 0, 1));
        return (pairs + Vector128.Shuffle(pairs, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(float* target, F128 a, F128 b, F128 c, F128 d)
    {
        if (!Sse.IsSupported)
        {
            Vector128.Create(Sum(a), Sum(b), Sum(c), Sum(d)).Store(target);
            return;
        }

        // Lanes (0 + 2, 1 + 3) of two vectors next to each other, then of four.
        Vector128<float> ab = Sse.UnpackLow(a.Value, b.Value) + Sse.UnpackHigh(a.Value, b.Value);
        Vector128<float> cd = Sse.UnpackLow(c.Value, d.Value) + Sse.UnpackHigh(c.Value, d.Value);
        (Sse.MoveLowToHigh(ab, cd) + Sse.MoveHighToLow(cd, ab)).Store(target);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(F128 value)
    {
        Vector128<float> pairs = Vector128.MaxNative(value.Value, Vector128.Shuffle(value.Value, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(pairs, Vector128.Shuffle(pairs, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Mask(int count)
        => Vector128.LessThan(Vector128<int>.Indices, Vector128.Create(count)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F128 Widen(ulong upper) => new(Vector128.ShiftLeft(Vector128.WidenLower(Vector128.CreateScalarUnsafe(upper).AsUInt16()), 16).AsSingle());
}
