using System.Numerics;
using System.Runtime.CompilerServices;

namespace ModelDsl.Checkpoints;

/// <summary>16-bit floats to 32-bit ones, exactly. Sources need no alignment.</summary>
internal static unsafe class Widening
{
    /// <summary>bfloat16 is the upper half of a float.</summary>
    public static void FromBF16(byte* source, float* target, nint length)
    {
        nint i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            for (int lanes = Vector<ushort>.Count; i <= length - lanes; i += lanes)
            {
                Vector.Widen(Unsafe.ReadUnaligned<Vector<ushort>>(source + i * 2), out Vector<uint> low, out Vector<uint> high);
                Unsafe.WriteUnaligned(target + i, Vector.ShiftLeft(low, 16));
                Unsafe.WriteUnaligned(target + i + lanes / 2, Vector.ShiftLeft(high, 16));
            }
        }

        for (; i < length; i++) target[i] = BitConverter.UInt32BitsToSingle((uint)Unsafe.ReadUnaligned<ushort>(source + i * 2) << 16);
    }

    /// <summary>IEEE half precision.</summary>
    public static void FromF16(byte* source, float* target, nint length)
    {
        nint i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            for (int lanes = Vector<ushort>.Count; i <= length - lanes; i += lanes)
            {
                Vector.Widen(Unsafe.ReadUnaligned<Vector<ushort>>(source + i * 2), out Vector<uint> low, out Vector<uint> high);
                Unsafe.WriteUnaligned(target + i, Half(low));
                Unsafe.WriteUnaligned(target + i + lanes / 2, Half(high));
            }
        }

        for (; i < length; i++) target[i] = (float)BitConverter.UInt16BitsToHalf(Unsafe.ReadUnaligned<ushort>(source + i * 2));
    }

    // Exponent and mantissa moved to their places in a float are the value times 2^-112, subnormals included; infinity and NaN
    // need the full exponent.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<uint> Half(Vector<uint> bits)
    {
        Vector<uint> sign = Vector.ShiftLeft(bits & new Vector<uint>(0x8000), 16);
        Vector<uint> magnitude = bits & new Vector<uint>(0x7FFF);
        Vector<uint> scaled = Vector.AsVectorUInt32(Vector.AsVectorSingle(Vector.ShiftLeft(magnitude, 13)) * new Vector<float>(5192296858534827628530496329220096f));
        Vector<uint> special = Vector.GreaterThanOrEqual(magnitude, new Vector<uint>(0x7C00)) & new Vector<uint>(0x7F800000);
        return sign | scaled | special;
    }
}
