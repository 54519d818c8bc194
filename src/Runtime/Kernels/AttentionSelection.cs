using System.Runtime.CompilerServices;
using ModelDsl.Memory;

namespace ModelDsl.Kernels;

/// <summary>
/// What the forward pass of selective attention tells its backward of each query row and head: two floats, beside the logarithm of the softmax's denominator the threshold, which is
/// below every score where all are kept. Where no score is above its threshold the largest alone is kept: the threshold is then +∞, and in the logarithm's place is the number of
/// the key (a float holds each of a sequence's), which says all: its probability is 1.
/// </summary>
internal readonly struct AttentionSelection(AttentionRows rows, int heads, F32 statistics, nint stride)
{
    /// <summary>The logarithm of the softmax's denominator, or the only key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref float LogSumExp(int batch, int head, int row) => ref rows.In(statistics, stride, batch, head, row);

    /// <summary>Scores above it are kept.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref float Threshold(int batch, int head, int row) => ref rows.In(statistics.At(heads), stride, batch, head, row);
}
