using System.Numerics;
using System.Runtime.CompilerServices;
using ModelDsl.Threading;

namespace ModelDsl.Memory;

/// <summary>32-bit floats to 16-bit brain floats: to the nearest, ties to even. What is beyond the largest becomes infinity, NaN stays NaN.</summary>
internal static unsafe class Rounding
{
    /// <summary>Elements of a tile: some hundred kilobytes.</summary>
    private const int Tile = 1 << 16;

    /// <summary>Rounds on all threads.</summary>
    public static void ToBF16(WorkerPool pool, F32 source, BF16 target, nint length)
        => pool.Run((int)((length + Tile - 1) / Tile), new Body(source, target, length));

    /// <summary>Rounds.</summary>
    public static void ToBF16(float* source, ushort* target, nint length)
    {
        nint i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            for (int lanes = Vector<uint>.Count; i <= length - 2 * lanes; i += 2 * lanes)
            {
                Vector<uint> low = Upper(Unsafe.ReadUnaligned<Vector<uint>>(source + i)), high = Upper(Unsafe.ReadUnaligned<Vector<uint>>(source + i + lanes));
                Unsafe.WriteUnaligned(target + i, Vector.Narrow(low, high));
            }
        }

        for (; i < length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(source[i]);
            target[i] = (ushort)(float.IsNaN(source[i]) ? bits >> 16 | Quiet : (bits + HalfMinusOne + (bits >> 16 & 1)) >> 16);
        }
    }

    private const uint HalfMinusOne = 0x7FFF;

    /// <summary>A bit of NaN's significand that survives when the lower half is cut off, or a NaN with low bits only would become infinity.</summary>
    private const uint Quiet = 0x0040;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<uint> Upper(Vector<uint> bits)
    {
        Vector<uint> upper = Vector.ShiftRightLogical(bits, 16);
        Vector<uint> rounded = Vector.ShiftRightLogical(bits + new Vector<uint>(HalfMinusOne) + (upper & Vector<uint>.One), 16);
        Vector<float> values = Vector.AsVectorSingle(bits);
        return Vector.ConditionalSelect(Vector.AsVectorUInt32(Vector.Equals(values, values)), rounded, upper | new Vector<uint>(Quiet));
    }

    private readonly struct Body(F32 source, BF16 target, nint length) : IParallelBody
    {
        public void Run(int tile, int worker)
        {
            nint first = (nint)tile * Tile;
            ToBF16(source.Pointer + first, target.Pointer + first, Math.Min(Tile, length - first));
        }
    }
}
