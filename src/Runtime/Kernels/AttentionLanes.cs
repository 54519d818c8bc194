using ModelDsl.Simd;

namespace ModelDsl.Kernels;

/// <summary>
/// Which keys the query rows of a block see, when the rows lie in lanes: the interval of each lane, and of each vector and each strip of
/// rows the keys that any of them sees and the keys that all of them see.
/// </summary>
internal readonly unsafe struct AttentionLanes(float* scratch)
{
    private const int Rows = 64;

    /// <summary>Floats of scratch.</summary>
    public const int ScratchFloats = 8 * Rows;

    /// <summary>The bounds of each lane, as the vectors they are compared in.</summary>
    public readonly float* Low = scratch, High = scratch + Rows;

    private readonly int* vectorFirst = (int*)scratch + 2 * Rows, vectorEnd = (int*)scratch + 3 * Rows;
    private readonly int* commonFirst = (int*)scratch + 4 * Rows, commonEnd = (int*)scratch + 5 * Rows;
    private readonly int* stripFirst = (int*)scratch + 6 * Rows, stripEnd = (int*)scratch + 7 * Rows;

    /// <summary>Digests the bounds of the first <paramref name="count"/> rows; whole vectors of <see cref="Low"/> and <see cref="High"/> are set.</summary>
    public void Prepare<S>(int count) where S : unmanaged, ISimd<S>
    {
        for (int lane = 0, v = 0; lane < count; lane += S.Width, v++)
        {
            (vectorFirst[v], vectorEnd[v]) = Union(lane, lane + S.Width);
            int first = 0, end = int.MaxValue;
            for (int i = lane; i < lane + S.Width; i++)
            {
                first = Math.Max(first, (int)Low[i]);
                end = Math.Min(end, (int)High[i]);
            }

            (commonFirst[v], commonEnd[v]) = (first, end);
        }

        for (int row = 0, strip = 0; row < count; row += AttentionTile.Rows, strip++)
            (stripFirst[strip], stripEnd[strip]) = Union(row, Math.Min(row + AttentionTile.Rows, count));
    }

    /// <summary>The keys that any of the first rows sees.</summary>
    public (int First, int End) Union(int count) => Union(0, count);

    /// <summary>Of <paramref name="held"/> keys from <paramref name="key"/> on, those that any lane of a vector sees, counted from the first.</summary>
    public (int First, int End) OfVector(int vector, int key, int held) => Clamp(vectorFirst[vector], vectorEnd[vector], key, held);

    /// <summary>The same for a strip of rows.</summary>
    public (int First, int End) OfStrip(int strip, int key, int held) => Clamp(stripFirst[strip], stripEnd[strip], key, held);

    /// <summary>True when some lane of a vector sees one of the keys [key, end).</summary>
    public bool SeesAny(int vector, int key, int end) => vectorFirst[vector] < end && vectorEnd[vector] > key;

    /// <summary>True when all lanes of a vector see all of the keys [key, end).</summary>
    public bool SeesAll(int vector, int key, int end) => commonFirst[vector] <= key && commonEnd[vector] >= end;

    private (int First, int End) Union(int from, int to)
    {
        int first = int.MaxValue, end = 0;
        for (int i = from; i < to; i++)
        {
            first = Math.Min(first, (int)Low[i]);
            end = Math.Max(end, (int)High[i]);
        }

        return (first, end);
    }

    private static (int First, int End) Clamp(int first, int end, int key, int held)
    {
        first = Math.Clamp(first - key, 0, held);
        return (first, Math.Clamp(end - key, first, held));
    }
}
