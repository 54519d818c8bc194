using ModelDsl.Memory;

namespace ModelDsl.Kernels;

/// <summary>
/// What statistical top-k (Spark Transformer, arXiv 2506.06644) needs to know of a number of elements n: with M the sum of the squared deviations from the mean,
/// the threshold is mean + √M · entry n, the entry being Q(1 - k/n) / √(n - 1), or / √n with the deviation of a population. Q is the quantile of the standard normal distribution.
/// </summary>
public static class ThresholdTable
{
    /// <summary>Floats of a table.</summary>
    /// <param name="most">The largest number of elements.</param>
    public static nint Floats(int most) => (nint)most + 1;

    /// <summary>Fills a table of <see cref="Floats"/> floats, entry n for n elements; entries up to <paramref name="count"/>, where all are selected, are -∞.</summary>
    /// <param name="table">The table [most + 1].</param>
    /// <param name="most">The largest number of elements.</param>
    /// <param name="count">k: how many are to be selected, about; at least 1.</param>
    /// <param name="deviation">What the deviation's sum of squares is divided by.</param>
    public static void Fill(F32 table, int most, int count, Deviation deviation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(most);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        for (int n = 0; n <= most; n++)
        {
            double freedom = deviation == Deviation.Sample ? n - 1 : n;
            table[n] = n <= count ? float.NegativeInfinity : (float)(-NormalQuantile.Of((double)count / n) / Math.Sqrt(freedom));
        }
    }
}
