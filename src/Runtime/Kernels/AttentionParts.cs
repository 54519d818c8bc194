using ModelDsl.Memory;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

/// <summary>
/// Results of attention over parts of the keys, before they are merged: of a block of query rows for each part the weighted values
/// [row][padded width], the maximum score and the sum of exponentials under it.
/// </summary>
/// <param name="data">Part 0 of block 0.</param>
/// <param name="rows">Rows a block.</param>
/// <param name="paddedWidth">Floats a row.</param>
/// <param name="parts">Parts a block.</param>
internal readonly unsafe struct AttentionParts<S>(F32 data, int rows, int paddedWidth, int parts) where S : unmanaged, ISimd<S>
{
    /// <summary>Floats of one part of one block.</summary>
    public static nint PartFloats(int rows, int paddedWidth) => (nint)rows * (paddedWidth + 2);

    /// <summary>The values of a part; maxima and sums follow them.</summary>
    public float* Values(int block, int part) => data.Pointer + ((nint)block * parts + part) * PartFloats(rows, paddedWidth);

    /// <summary>Merges one row's parts, in their order, and writes its <paramref name="width"/> floats.</summary>
    public void Merge(int block, int row, int width, float* target)
    {
        float* first = Values(block, 0);
        nint step = PartFloats(rows, paddedWidth), maximum = (nint)rows * paddedWidth + row, sum = maximum + rows;
        float largest = float.MinValue, total = 0f;
        for (int part = 0; part < parts; part++) largest = MathF.Max(largest, first[part * step + maximum]);
        for (int part = 0; part < parts; part++)
        {
            // The part's weight takes the place of its maximum.
            float* at = first + part * step;
            at[maximum] = VectorMath.ExpOfNonPositive<F1>(new(at[maximum] - largest)).Value;
            total += at[maximum] * at[sum];
        }

        S reciprocal = S.Broadcast(total == 0f ? 0f : 1f / total);
        for (int i = 0; i < width; i += S.Width)
        {
            S mean = S.Zero;
            for (int part = 0; part < parts; part++)
            {
                float* at = first + part * step;
                mean = S.MultiplyAdd(S.Broadcast(at[maximum]), S.Load(at + (nint)row * paddedWidth + i), mean);
            }

            S.Store(target + i, mean * reciprocal, Math.Min(S.Width, width - i));
        }
    }
}
