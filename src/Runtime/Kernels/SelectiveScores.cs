using ModelDsl.Memory;

namespace ModelDsl.Kernels;

/// <summary>Scores of some query rows of every key/value head over all keys held, and what each part of the keys says about them: shared by all tiles of a decoding step.</summary>
/// <param name="data">Scores and statistics.</param>
/// <param name="rows">Query rows of a head.</param>
/// <param name="capacity">Keys that a sequence has room for.</param>
/// <param name="parts">Most parts of the keys.</param>
internal readonly unsafe struct SelectiveScores(F32 data, int rows, int capacity, int parts)
{
    /// <summary>Of some scores the largest, the mean, the sum of squared deviations from it, and how many they are.</summary>
    public readonly record struct Summary(float Maximum, float Mean, float Squares, int Count);

    private static int SummaryFloats => sizeof(Summary) / sizeof(float);

    /// <summary>Floats from one row's scores to the next one's: whole blocks of keys.</summary>
    public int RowStride { get; } = Padded(capacity);

    private static int Padded(int capacity) => (capacity + AttentionKeys.ColumnKeys - 1) / AttentionKeys.ColumnKeys * AttentionKeys.ColumnKeys;

    private nint BlockFloats => (nint)rows * (RowStride + parts * SummaryFloats);

    /// <summary>Floats of all heads, a multiple of a cache line.</summary>
    public static nint Floats(int heads, int rows, int capacity, int parts) => (heads * ((nint)rows * (Padded(capacity) + parts * SummaryFloats)) + 15) / 16 * 16;

    /// <summary>The scores of a row of a head.</summary>
    public float* Row(int head, int row) => data.Pointer + head * BlockFloats + (nint)row * RowStride;

    /// <summary>What a part says about a row's scores.</summary>
    public Summary* Statistics(int head, int part, int row) => (Summary*)(Row(head, rows)) + (nint)part * rows + row;
}
