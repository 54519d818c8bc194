using ModelDsl.Memory;
using ModelDsl.Threading;

namespace ModelDsl.Runtime.Tests.Memory;

public sealed unsafe class RoundingTests
{
    /// <summary>Every pattern of the upper half with the lower halves that decide: below, at and above a tie, and the ends.</summary>
    [Fact]
    public void Rounds_to_the_nearest_and_ties_to_even()
    {
        uint[] lower = [0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF];
        using GuardedMemory source = new(lower.Length << 16), target = new(lower.Length << 15);
        for (int i = 0; i < source.Length; i++) source.Data[i] = BitConverter.UInt32BitsToSingle((uint)(i / lower.Length) << 16 | lower[i % lower.Length]);
        using WorkerPool pool = new(3);
        BF16 rounded = new((ushort*)target.Data.Pointer);
        Rounding.ToBF16(pool, source.Data, rounded, source.Length);
        for (int i = 0; i < source.Length; i++)
        {
            float value = source.Data[i];
            if (float.IsNaN(value)) Assert.True(float.IsNaN(rounded[i]) && float.IsNegative(value) == float.IsNegative(rounded[i]), $"{BitConverter.SingleToUInt32Bits(value):X8}");
            else Assert.Equal(Nearest(value), rounded.Pointer[i]);
        }
    }

    [Fact]
    public void Every_length_is_rounded_whole()
    {
        for (int length = 0; length < 70; length++)
        {
            using GuardedMemory source = new(length), target = new((length + 1) / 2);
            source.Span.Fill(1.00390625f * 3);
            BF16 rounded = new((ushort*)(target.Data.Pointer + target.Length) - length);
            Rounding.ToBF16(source.Data.Pointer, rounded.Pointer, length);
            for (int i = 0; i < length; i++) Assert.Equal(Nearest(source.Data[i]), rounded.Pointer[i]);
        }
    }

    /// <summary>By comparing distances to both neighbours; beyond the largest the next would be 2^128, where infinity is.</summary>
    private static ushort Nearest(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value), below = bits >> 16;
        if (float.IsInfinity(value)) return (ushort)below;
        double magnitude = Math.Abs((double)value), low = Magnitude(below), high = Magnitude(below + 1);
        double toLow = magnitude - low, toHigh = high - magnitude;
        return (ushort)(toLow < toHigh || (toLow == toHigh && (below & 1) == 0) ? below : below + 1);
    }

    private static double Magnitude(uint upper)
        => (upper & 0x7FFF) == 0x7F80 ? Math.ScaleB(1, 128) : Math.Abs((double)BitConverter.UInt32BitsToSingle(upper << 16));
}
