using System.Runtime.CompilerServices;
using ModelDsl.Memory;

namespace ModelDsl.Kernels;

/// <summary>Where the keys and values of a head are: among the rows of this call, or in a cache.</summary>
internal readonly unsafe struct AttentionKeys
{
    /// <summary>Keys of a block of scored columns in a cache of selective attention.</summary>
    public const int ColumnKeys = 64;

    private readonly float* key, gate, value;
    private readonly nint keyBatch, valueBatch, keyHead, gateHead, valueHead;
    private readonly int capacity, scoreWidth;

    /// <summary>Keys and values of this call's rows.</summary>
    public AttentionKeys(in AttentionShape shape, HeadMatrix key, HeadMatrix value)
    {
        this.key = key.Data.Pointer;
        this.value = value.Data.Pointer;
        gate = this.key + shape.ScoreWidth;
        KeyStride = GateStride = key.RowStride;
        ValueStride = value.RowStride;
        keyBatch = shape.Time * key.RowStride;
        valueBatch = shape.Time * value.RowStride;
        keyHead = gateHead = valueHead = shape.HeadWidth;
        scoreWidth = shape.ScoreWidth;
    }

    /// <summary>
    /// Caches laid out [batch, key/value head, capacity, head width]: what one head reads is contiguous. Of selective attention the scored columns of all heads come first,
    /// transposed in blocks of <see cref="ColumnKeys"/> keys (the last one narrower where they do not divide the capacity), and then the others, a row a key: all of the first are read
    /// at every step, and few rows of the second.
    /// </summary>
    public AttentionKeys(in AttentionShape shape, F32 key, F32 value, int capacity)
    {
        this.key = key.Pointer;
        this.value = value.Pointer;
        this.capacity = shape.TopK > 0 ? capacity : 0;
        scoreWidth = shape.ScoreWidth;
        gate = this.key + (nint)shape.KeyValueHeads * capacity * scoreWidth;
        KeyStride = scoreWidth;
        GateStride = shape.GateWidth;
        ValueStride = shape.HeadWidth;
        keyHead = (nint)capacity * scoreWidth;
        gateHead = (nint)capacity * shape.GateWidth;
        valueHead = (nint)capacity * shape.HeadWidth;
        keyBatch = valueBatch = shape.CacheStride > 0 ? shape.CacheStride : valueHead * shape.KeyValueHeads;
    }

    /// <summary>Floats from one key to the next, where keys are rows.</summary>
    public nint KeyStride { get; }

    /// <summary>Floats from the columns behind the predictor of one key to those of the next.</summary>
    public nint GateStride { get; }

    /// <summary>Floats from one value to the next.</summary>
    public nint ValueStride { get; }

    /// <summary>Whether the scored columns of keys are transposed.</summary>
    public bool IsTransposed => capacity > 0;

    /// <summary>The key of a position, where keys are rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Key(int batch, int head, int position) => key + batch * keyBatch + head * keyHead + position * KeyStride;

    /// <summary>The first scored column of a position where they are transposed; the next is <see cref="ColumnStride"/> floats on, those of the block's other keys are beside it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Column(int batch, int head, int position)
    {
        int within = position % ColumnKeys;
        return key + batch * keyBatch + head * keyHead + (nint)(position - within) * scoreWidth + within;
    }

    /// <summary>Floats from one scored column to the next in the block of a position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ColumnStride(int position) => Math.Min(ColumnKeys, capacity - position / ColumnKeys * ColumnKeys);

    /// <summary>The columns behind the predictor of the key of a position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Gate(int batch, int head, int position) => gate + batch * keyBatch + head * gateHead + position * GateStride;

    /// <summary>The value of a position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Value(int batch, int head, int position) => value + batch * valueBatch + head * valueHead + position * ValueStride;
}
