using System.Runtime.CompilerServices;
using ModelDsl.Memory;

namespace ModelDsl.Kernels;

/// <summary>Where the keys and values of a head are: among the rows of this call, or in a cache.</summary>
internal readonly unsafe struct AttentionKeys
{
    private readonly float* key, value;
    private readonly nint keyBatch, valueBatch, headStride;

    /// <summary>Keys and values of this call's rows.</summary>
    public AttentionKeys(in AttentionShape shape, HeadMatrix key, HeadMatrix value)
    {
        this.key = key.Data.Pointer;
        this.value = value.Data.Pointer;
        KeyStride = key.RowStride;
        ValueStride = value.RowStride;
        keyBatch = shape.Time * key.RowStride;
        valueBatch = shape.Time * value.RowStride;
        headStride = shape.HeadWidth;
    }

    /// <summary>Caches laid out [batch, key/value head, capacity, head width]: what one head reads is contiguous.</summary>
    public AttentionKeys(in AttentionShape shape, F32 key, F32 value, int capacity)
    {
        this.key = key.Pointer;
        this.value = value.Pointer;
        KeyStride = ValueStride = shape.HeadWidth;
        headStride = (nint)capacity * shape.HeadWidth;
        keyBatch = valueBatch = shape.CacheStride > 0 ? shape.CacheStride : headStride * shape.KeyValueHeads;
    }

    /// <summary>Floats from one key to the next.</summary>
    public nint KeyStride { get; }

    /// <summary>Floats from one value to the next.</summary>
    public nint ValueStride { get; }

    /// <summary>The key of a position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Key(int batch, int head, int position) => key + batch * keyBatch + head * headStride + position * KeyStride;

    /// <summary>The value of a position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Value(int batch, int head, int position) => value + batch * valueBatch + head * headStride + position * ValueStride;
}
