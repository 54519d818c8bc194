using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

/// <summary>Selection of the largest values of each row: by a threshold estimated from mean and deviation, or exactly.</summary>
public static partial class TopKKernels
{
    /// <summary>Values of a tile: enough that waking a thread pays.</summary>
    private const int TileFloats = 16 * 1024;

    private const int MostTiles = 64;

    /// <summary>
    /// thresholds[r] = mean + deviation · quantile of row r, by two passes over the row while it is in cache, the first of distances from its first value, so that a mean far from zero cancels nothing and equal values have no deviation. A NaN or infinite value makes
    /// the threshold one or the other.
    /// </summary>
    /// <param name="pool">The workers.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Values of a row, at least 2.</param>
    /// <param name="values">The values [rows, columns].</param>
    /// <param name="stride">Floats from one row of them to the next.</param>
    /// <param name="quantile">What the wanted share of a standard normal variable exceeds.</param>
    /// <param name="divisor">What the sum of squares is divided by: columns, or one less.</param>
    /// <param name="thresholds">Receives the thresholds [rows].</param>
    /// <param name="means">Receives the means [rows].</param>
    /// <param name="slopes">Receives quantile / (divisor · deviation) [rows], 0 where the deviation is 0: the threshold's derivative by a value is 1 / columns + slope · (value - mean).</param>
    /// <param name="counter">Counts the values above their threshold.</param>
    public static void Threshold(
        WorkerPool pool, nint rows, int columns, F32 values, nint stride, float quantile, int divisor, F32 thresholds, F32 means, F32 slopes, SelectionCounter counter)
        => Vectors.Run(new ThresholdRun(pool, rows, columns, values, stride, quantile, divisor, thresholds, means, slopes, counter));

    /// <summary>The same at a chosen vector width.</summary>
    internal static void Threshold<S>(
        WorkerPool pool, nint rows, int columns, F32 values, nint stride, float quantile, int divisor, F32 thresholds, F32 means, F32 slopes, SelectionCounter counter) where S : unmanaged, ISimd<S>
    {
        nint tileRows = Math.Max((rows + MostTiles - 1) / MostTiles, TileFloats / columns + 1);
        pool.Run((int)((rows + tileRows - 1) / tileRows), new ThresholdRows<S>(rows, tileRows, columns, values, stride, quantile, divisor, thresholds, means, slopes, counter));
    }

    /// <summary>kept[r, c] = values[r, c] where it is among the <paramref name="count"/> largest of its row, the lowest column first among equals; 0 elsewhere. NaN is kept.</summary>
    /// <param name="pool">The workers.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Values of a row.</param>
    /// <param name="count">How many are kept, from 1 to <paramref name="columns"/>.</param>
    /// <param name="values">The values [rows, columns].</param>
    /// <param name="stride">Floats from one row of them to the next.</param>
    /// <param name="kept">Receives what is kept [rows, columns]; not the values' own memory.</param>
    /// <param name="keptStride">Floats from one row of it to the next.</param>
    /// <param name="least">Receives the least value kept [rows].</param>
    /// <param name="ties">Receives how many of those equal to it are kept [rows].</param>
    /// <param name="counter">Counts the values kept.</param>
    public static void Select(
        WorkerPool pool, nint rows, int columns, int count, F32 values, nint stride, F32 kept, nint keptStride, F32 least, F32 ties, SelectionCounter counter)
    {
        RowKernels.Run(pool, rows, 1, new SelectRows(columns, count, values, stride, kept, keptStride, least, ties));
        counter.Add(rows * count, rows * columns);
    }

    /// <summary>gradient[r, c] = upstream[r, c] where <see cref="Select"/> kept values[r, c], 0 elsewhere.</summary>
    /// <param name="pool">The workers.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Values of a row.</param>
    /// <param name="values">The values [rows, columns].</param>
    /// <param name="stride">Floats from one row of them to the next.</param>
    /// <param name="least">From <see cref="Select"/> [rows].</param>
    /// <param name="ties">From <see cref="Select"/> [rows].</param>
    /// <param name="upstream">Gradient of what was kept [rows, columns].</param>
    /// <param name="upstreamStride">Floats from one row of it to the next.</param>
    /// <param name="gradient">Receives the gradient [rows, columns]; may be the upstream gradient's own memory.</param>
    /// <param name="gradientStride">Floats from one row of it to the next.</param>
    public static void SelectBackward(
        WorkerPool pool, nint rows, int columns, F32 values, nint stride, F32 least, F32 ties, F32 upstream, nint upstreamStride, F32 gradient, nint gradientStride)
        => RowKernels.Run(pool, rows, 1, new SelectBackwardRows(columns, values, stride, least, ties, upstream, upstreamStride, gradient, gradientStride));

    private readonly struct ThresholdRun(
        WorkerPool pool, nint rows, int columns, F32 values, nint stride, float quantile, int divisor, F32 thresholds, F32 means, F32 slopes, SelectionCounter counter) : ISimdBody
    {
        public void Run<S>() where S : unmanaged, ISimd<S> => Threshold<S>(pool, rows, columns, values, stride, quantile, divisor, thresholds, means, slopes, counter);
    }
}
