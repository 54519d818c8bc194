namespace ModelDsl.Memory;

/// <summary>A handle to 32-bit integers in unmanaged memory: token ids, targets, positions.</summary>
public readonly unsafe struct I32
{
    /// <summary>The first integer.</summary>
    public readonly int* Pointer;

    /// <summary>Wraps a pointer.</summary>
    public I32(int* pointer) => Pointer = pointer;

    /// <summary>True for the default handle, which points nowhere.</summary>
    public bool IsNull => Pointer == null;

    /// <summary>One integer.</summary>
    public ref int this[nint index] => ref Pointer[index];

    /// <summary>The handle <paramref name="offset"/> integers further.</summary>
    public I32 At(nint offset) => new(Pointer + offset);
}
