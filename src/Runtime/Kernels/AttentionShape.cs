using ModelDsl.Memory;

namespace ModelDsl.Kernels;

/// <summary>
/// What one attention computes: for every query the mean of the values it sees, weighted by the softmax of its scores
/// s = cap·tanh(scale·q·k / cap). Query head h reads key/value head h / (Heads / KeyValueHeads).
/// </summary>
public readonly record struct AttentionShape
{
    /// <summary>Sequences.</summary>
    public required int Batch { get; init; }

    /// <summary>Positions a sequence: rows of the operands are batch · Time + position.</summary>
    public required int Time { get; init; }

    /// <summary>Query heads; a multiple of <see cref="KeyValueHeads"/>.</summary>
    public required int Heads { get; init; }

    /// <summary>Heads of keys and values, each shared by a group of query heads.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Floats a head.</summary>
    public required int HeadWidth { get; init; }

    /// <summary>Factor of the scores, mostly 1/√HeadWidth.</summary>
    public required float Scale { get; init; }

    /// <summary>A query sees no later key.</summary>
    public bool Causal { get; init; }

    /// <summary>0 for none; with w a query at position t sees the keys t-w+1 .. t only, so that a window is always causal.</summary>
    public int Window { get; init; }

    /// <summary>0 for none; otherwise scores are bent smoothly into (-cap, cap).</summary>
    public float SoftCap { get; init; }

    /// <summary>
    /// 0 for none; otherwise a query weights about this many of the keys it sees: of n those whose score is above mean + deviation · Q(1 - k/n) of its scores, Q
    /// the quantile of the normal distribution. All where it sees no more, the largest score, of equal ones that of the first key, where none is above.
    /// </summary>
    public int TopK { get; init; }

    /// <summary>
    /// 0 for none; with r the score is that of the first r columns of query and key alone, and what a key adds is multiplied by the softplus of the others':
    /// log(1 + e^(<see cref="GateScale"/>·q·k)). Needs <see cref="TopK"/>.
    /// </summary>
    public int PredictorWidth { get; init; }

    /// <summary>Factor of the products behind the <see cref="PredictorWidth"/>, mostly 1/√(HeadWidth - PredictorWidth).</summary>
    public float GateScale { get; init; }

    /// <summary>Where <see cref="TopK"/> is set: a <see cref="ThresholdTable"/> of it for at least as many keys as a query may see.</summary>
    public F32 Thresholds { get; init; }

    /// <summary>Where kept keys are counted, of those seen, over all rows and heads.</summary>
    public SelectionCounter Counter { get; init; }

    /// <summary>Cached attention: floats from one sequence's cache to the next one's; 0 when they follow each other without a gap.</summary>
    public nint CacheStride { get; init; }

    /// <summary>
    /// Null, or for each row [Batch · Time] the position where its document starts: queries see keys of their own document only.
    /// Along a sequence the starts do not decrease, and none is after its own position.
    /// </summary>
    public I32 SegmentStarts { get; init; }

    /// <summary>Columns of a head that make the score.</summary>
    internal int ScoreWidth => PredictorWidth > 0 ? PredictorWidth : HeadWidth;

    /// <summary>Columns of a head that make the factor of what a key adds; 0 for none.</summary>
    internal int GateWidth => HeadWidth - ScoreWidth;

    /// <summary>Floats that <see cref="AttentionKernels.Forward"/> leaves for the backward at each row.</summary>
    internal int Statistics => TopK > 0 ? 2 * Heads : Heads;

    /// <summary>Throws where sizes contradict each other.</summary>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Batch);
        ArgumentOutOfRangeException.ThrowIfNegative(Time);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(KeyValueHeads);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(HeadWidth);
        ArgumentOutOfRangeException.ThrowIfNegative(Window);
        ArgumentOutOfRangeException.ThrowIfNegative(SoftCap);
        if (Heads <= 0 || Heads % KeyValueHeads != 0)
            throw new ArgumentException($"{Heads} query heads cannot share {KeyValueHeads} key/value heads evenly.", nameof(Heads));
        ArgumentOutOfRangeException.ThrowIfNegative(TopK);
        ArgumentOutOfRangeException.ThrowIfNegative(PredictorWidth);
        if (PredictorWidth >= HeadWidth)
            throw new ArgumentException($"A predictor of {PredictorWidth} columns leaves none of a head of {HeadWidth} to weight what it selects: give 1 to {HeadWidth - 1}.", nameof(PredictorWidth));
        if (PredictorWidth > 0 && TopK == 0) throw new ArgumentException($"A predictor of {PredictorWidth} columns selects nothing: give TopK as well.", nameof(TopK));
        if (TopK > 0 && Thresholds.IsNull) throw new ArgumentException($"To select {TopK} keys takes a table of thresholds: give Thresholds as well.", nameof(Thresholds));
    }
}

/// <summary>
/// The heads of queries, keys, values or of their gradients inside a row-major buffer: head h of row r is the HeadWidth floats from
/// r · RowStride + h · HeadWidth on. Mostly a column slice of one product that computed all of them.
/// </summary>
/// <param name="data">Row 0, head 0.</param>
/// <param name="rowStride">Floats from one row to the next.</param>
public readonly struct HeadMatrix(F32 data, nint rowStride)
{
    /// <summary>Row 0, head 0.</summary>
    public readonly F32 Data = data;

    /// <summary>Floats from one row to the next.</summary>
    public readonly nint RowStride = rowStride;
}
