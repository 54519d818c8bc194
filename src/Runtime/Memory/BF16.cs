using System.Runtime.CompilerServices;
using ModelDsl.Simd;

namespace ModelDsl.Memory;

/// <summary>A handle to 16-bit brain floats in unmanaged memory: each is the upper half of a 32-bit float, and is read as that float.</summary>
public readonly unsafe struct BF16
{
    /// <summary>The first one.</summary>
    public readonly ushort* Pointer;

    /// <summary>Wraps a pointer.</summary>
    public BF16(ushort* pointer) => Pointer = pointer;

    /// <summary>True for the default handle, which points nowhere.</summary>
    public bool IsNull => Pointer == null;

    /// <summary>The value of one of them.</summary>
    public float this[nint index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => BitConverter.UInt32BitsToSingle((uint)Pointer[index] << 16);
    }

    /// <summary>The handle <paramref name="offset"/> elements further.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public BF16 At(nint offset) => new(Pointer + offset);

    /// <summary>A vector from <paramref name="index"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public S Load<S, L>(nint index, L lanes) where S : unmanaged, ISimd<S> where L : struct, ILanes
        => L.All ? S.LoadBF16(Pointer + index) : S.LoadBF16(Pointer + index, lanes.Count);
}
