using System.Diagnostics;
using System.Runtime.CompilerServices;
using ModelDsl.Simd;

namespace ModelDsl.Memory;

/// <summary>
/// A handle to 32-bit floats in unmanaged memory: what generated code and policies hold instead of pointers, so that a
/// user's project needs no unsafe blocks. It carries no length; owners (arenas, tensors of a plan) know it.
/// </summary>
public readonly unsafe struct F32
{
    /// <summary>The first float.</summary>
    public readonly float* Pointer;

    /// <summary>Wraps a pointer.</summary>
    public F32(float* pointer) => Pointer = pointer;

    /// <summary>True for the default handle, which points nowhere.</summary>
    public bool IsNull => Pointer == null;

    /// <summary>One float.</summary>
    public ref float this[nint index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref Pointer[index];
    }

    /// <summary>The handle <paramref name="offset"/> floats further.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public F32 At(nint offset) => new(Pointer + offset);

    /// <summary>A vector from <paramref name="index"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public S Load<S, L>(nint index, L lanes) where S : unmanaged, ISimd<S> where L : struct, ILanes
        => L.All ? S.Load(Pointer + index) : S.Load(Pointer + index, lanes.Count);

    /// <summary>Stores a vector from <paramref name="index"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store<S, L>(nint index, S value, L lanes) where S : unmanaged, ISimd<S> where L : struct, ILanes
    {
        if (L.All) S.Store(Pointer + index, value);
        else S.Store(Pointer + index, value, lanes.Count);
    }

    /// <summary>Adds a vector to what is there from <paramref name="index"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add<S, L>(nint index, S value, L lanes) where S : unmanaged, ISimd<S> where L : struct, ILanes
        => Store(index, Load<S, L>(index, lanes) + value, lanes);

    /// <summary>The same memory as a span, for the public surface.</summary>
    public Span<float> AsSpan(nint length)
    {
        Debug.Assert(length is >= 0 and <= int.MaxValue);
        return new Span<float>(Pointer, checked((int)length));
    }
}
