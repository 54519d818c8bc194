using System.Runtime.CompilerServices;
using ModelDsl.Memory;

namespace ModelDsl.Kernels;

/// <summary>
/// The query rows of a key/value head: (position, head of the group) pairs, the group running faster, so that what a group shares is
/// read once and tiles are full also where few positions meet many heads.
/// </summary>
internal readonly unsafe struct AttentionRows(in AttentionShape shape)
{
    private readonly int time = shape.Time, group = shape.Heads / shape.KeyValueHeads, width = shape.HeadWidth;

    /// <summary>How many.</summary>
    public int Count => time * group;

    /// <summary>The position of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Position(int row) => group == 1 ? row : row / group;

    /// <summary>The floats of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* In(HeadMatrix matrix, int batch, int head, int row)
    {
        int position = Position(row);
        return matrix.Data.Pointer + ((nint)batch * time + position) * matrix.RowStride + (head * group + row - position * group) * width;
    }

    /// <summary>The number that a matrix [position · stride + head] holds for a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref float In(F32 numbers, nint stride, int batch, int head, int row)
    {
        int position = Position(row);
        return ref numbers[((nint)batch * time + position) * stride + head * group + row - position * group];
    }
}

/// <summary>
/// Rows to bring near while others are computed: of one matrix those of the current block, of up to three others those of the next.
/// Rows of one head are too far apart for the hardware to guess, and asked for all at once they would be waited for.
/// </summary>
internal unsafe struct AttentionAhead(AttentionRows rows, int width, int batch, int head)
{
    private HeadMatrix current, next0, next1, next2;
    private int currentRow, currentEnd, nextRow, nextEnd;

    /// <summary>Asks for <paramref name="count"/> rows of a matrix from <paramref name="row"/> on.</summary>
    public void Current(HeadMatrix matrix, int row, int count)
    {
        current = matrix;
        currentRow = row;
        currentEnd = Math.Min(row + count, matrix.Data.IsNull ? 0 : rows.Count);
    }

    /// <summary>Asks for <paramref name="count"/> rows of matrices, as far as they are not null and the rows exist, from <paramref name="row"/> on.</summary>
    public void Next(int row, int count, HeadMatrix first, HeadMatrix second = default, HeadMatrix third = default)
    {
        (next0, next1, next2) = (first, second, third);
        nextRow = row;
        nextEnd = Math.Min(row + count, rows.Count);
    }

    /// <summary>Brings some rows near.</summary>
    public void Step(int count)
    {
        for (int end = Math.Min(currentRow + count, currentEnd); currentRow < end; currentRow++) Fetch(current, currentRow);
        for (int end = Math.Min(nextRow + count, nextEnd); nextRow < end; nextRow++)
        {
            Fetch(next0, nextRow);
            Fetch(next1, nextRow);
            Fetch(next2, nextRow);
        }
    }

    private readonly void Fetch(HeadMatrix matrix, int row)
    {
        if (!matrix.Data.IsNull) AttentionPacking.Prefetch(rows.In(matrix, batch, head, row), width);
    }
}
