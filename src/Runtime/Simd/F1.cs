using System.Runtime.CompilerServices;

namespace ModelDsl.Simd;

/// <summary>A single float: the vector of a machine without vectors, and the readable reference of the others.</summary>
public readonly unsafe struct F1 : ISimd<F1>
{
    /// <summary>The value.</summary>
    public readonly float Value;

    /// <summary>Wraps a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public F1(float value) => Value = value;

    /// <inheritdoc/>
    public static int Width => 1;

    /// <inheritdoc/>
    public static F1 Zero => default;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 Broadcast(float value) => new(value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 Load(float* source) => new(*source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 Load(float* source, int count) => count > 0 ? new(*source) : default;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 LoadBF16(ushort* source) => new(BitConverter.UInt32BitsToSingle((uint)*source << 16));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 LoadBF16(ushort* source, int count) => count > 0 ? LoadBF16(source) : default;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, F1 value) => *target = value.Value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, F1 value, int count)
    {
        if (count > 0) *target = value.Value;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 First(F1 value, int count) => count > 0 ? value : default;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 operator +(F1 left, F1 right) => new(left.Value + right.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 operator -(F1 left, F1 right) => new(left.Value - right.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 operator *(F1 left, F1 right) => new(left.Value * right.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 operator /(F1 left, F1 right) => new(left.Value / right.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 operator -(F1 value) => new(-value.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 MultiplyAdd(F1 a, F1 b, F1 c) => new(float.MultiplyAddEstimate(a.Value, b.Value, c.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 Min(F1 left, F1 right) => new(left.Value < right.Value ? left.Value : right.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 Max(F1 left, F1 right) => new(left.Value > right.Value ? left.Value : right.Value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 Abs(F1 value) => new(MathF.Abs(value.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 Sqrt(F1 value) => new(MathF.Sqrt(value.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 Round(F1 value) => new(MathF.Round(value.Value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 LessThan(F1 left, F1 right) => new(BitConverter.Int32BitsToSingle(left.Value < right.Value ? -1 : 0));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 Select(F1 mask, F1 whenSet, F1 whenClear) => BitConverter.SingleToInt32Bits(mask.Value) != 0 ? whenSet : whenClear;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Bits(F1 mask) => BitConverter.SingleToUInt32Bits(mask.Value) >> 31;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 ScaleByPowerOfTwo(F1 x, F1 n)
    {
        // Two factors, because a single one cannot reach the denormals or infinity.
        int half = (int)n.Value >> 1;
        int rest = (int)n.Value - half;
        return new(x.Value * BitConverter.Int32BitsToSingle((half + 127) << 23) * BitConverter.Int32BitsToSingle((rest + 127) << 23));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 Exponent(F1 value) => new((BitConverter.SingleToInt32Bits(value.Value) >>> 23) - 127);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F1 Significand(F1 value) => new(BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value.Value) & 0x007FFFFF | 0x3F800000));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(F1 value) => value.Value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(float* target, F1 a, F1 b, F1 c, F1 d)
    {
        target[0] = a.Value;
        target[1] = b.Value;
        target[2] = c.Value;
        target[3] = d.Value;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(F1 value) => value.Value;
}
