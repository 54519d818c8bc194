using System.Globalization;
using ModelDsl.Kernels;
using ModelDsl.Memory;
using ModelDsl.Threading;

namespace ModelDsl.Benchmarks.Ratios.Spark;

/// <summary>The dot products of a decoding step's attention over a long cache: all keys and values against the selected ones.</summary>
internal static class SparkAttentionGroup
{
    private const string Dense = "dense", Spark = "Spark";
    private const int Heads = 8, KeyValueHeads = 4, Width = 256, Predictor = 128, TopK = 256;

    // More than any cache holds, of what the sparse one reads too.
    private const int Layers = 12;

    /// <summary>The group.</summary>
    public static unsafe RatioGroup Create(WorkerPool pool, int held, double required, double aim)
    {
        nint cacheFloats = (nint)KeyValueHeads * held * Width;
        Arena caches = RandomArena.Normal(2L * Layers * cacheFloats, 1), query = RandomArena.Normal(Heads * Width, 2), fresh = RandomArena.Normal(2L * KeyValueHeads * Width, 3), output = new(Heads * Width);
        Arena thresholds = new(ThresholdTable.Floats(held)), starts = new(1);
        ThresholdTable.Fill(thresholds.Data, held, TopK, Deviation.Sample);
        I32 start = new((int*)starts.Data.Pointer);
        start[0] = held - 1;
        long[] counters = new long[2];
        AttentionShape dense = new() { Batch = 1, Time = 1, Heads = Heads, KeyValueHeads = KeyValueHeads, HeadWidth = Width, Scale = 1 / 16f, Causal = true };
        AttentionShape spark = dense with
        {
            TopK = TopK,
            PredictorWidth = Predictor,
            Scale = 1 / MathF.Sqrt(Predictor),
            GateScale = 1 / MathF.Sqrt(Width - Predictor),
            Thresholds = thresholds.Data,
            Counter = new(counters, 0),
        };
        Attend(spark);
        double share = (double)counters[0] / counters[1], union = 1 - (1 - share) * (1 - share);
        // Two heads share keys and values: rows that either selects are read.
        double ceiling = 2.0 * Width / (Predictor + union * (2 * Width - Predictor)), flops = 2.0 * Width / (Predictor + share * (2 * Width - Predictor));
        RatioGroup group = new()
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"Spark attention over {held} positions, {Layers} layers"),
            Contenders = [new(Dense, () => Attend(dense)), new(Spark, () => Attend(spark))],
            Rows =
            [
                new(string.Create(CultureInfo.InvariantCulture, $"Spark attention against dense, {held} positions held"), round => round[Dense] / round[Spark], required, aim)
                {
                    Note = string.Create(CultureInfo.InvariantCulture,
                        $"Spark attention: {Heads} heads, {KeyValueHeads} of keys and values, width {Width}, predictor {Predictor}, top {TopK} of {held}: {share:P2} of the keys selected, float32, {pool.Threads} threads; at most {ceiling:F2} by bytes, {flops:F2} by operations"),
                },
            ],
            Unit = "GB/s",
            Slice = 0.2,
            Figure = (contender, seconds) => Layers * 2.0 * cacheFloats * sizeof(float) / (contender == Dense ? 1 : ceiling) / seconds / 1e9,
        };
        foreach (IDisposable resource in (IDisposable[])[caches, query, fresh, output, thresholds, starts]) group.Own(resource);
        return group;

        void Attend(AttentionShape shape)
        {
            for (int layer = 0; layer < Layers; layer++)
            {
                F32 keys = caches.Data.At(2 * layer * cacheFloats);
                AttentionKernels.Cached(
                    pool, shape, start, held, new(query.Data, Heads * Width), new(fresh.Data, KeyValueHeads * Width), new(fresh.Data.At(KeyValueHeads * Width), KeyValueHeads * Width),
                    keys, keys.At(cacheFloats), new(output.Data, Heads * Width));
            }
        }
    }
}
