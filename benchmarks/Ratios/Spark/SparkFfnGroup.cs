using System.Globalization;
using ModelDsl.Benchmarks.Machine;

namespace ModelDsl.Benchmarks.Ratios.Spark;

/// <summary>Decoding through feed-forward layers alone, one sequence: dense gated against Spark layers of as many parameters.</summary>
internal static class SparkFfnGroup
{
    private const string Dense = "dense", Spark = "Spark", Memory = "read bandwidth";
    private const double AllowedDeviation = 5e-2; // Rounding moves scores, so that a few neurons near the threshold change sides.

    /// <summary>The group.</summary>
    public static RatioGroup Create(int threads)
    {
        using DenseFfnStack dense = DenseFfnStack.Create(seed: 1);
        using SparkFfnStack spark = SparkFfnStack.Create(seed: 1);
        DecoderOptions options = new() { Threads = threads, Context = 8, PrefillChunk = 8, Weights = WeightFormat.BFloat16 };
        Decoder denseDecoder = dense.CreateDecoder(options), sparkDecoder = spark.CreateDecoder(options);
        double deviation = Rounding(spark.CreateDecoder(options with { Weights = WeightFormat.Float32 }), sparkDecoder);
        ReadBandwidth memory = new();
        double denseBytes = Bytes(dense.Parameters), sparkBytes = Bytes(spark.Parameters);
        LayerDensity seen = Seen(sparkDecoder);
        // Of every neuron the predictor's row; of a selected one the rows of the two other matrices, which with the predictor make up all weights.
        double predictor = (double)spark.Parameters.Where(parameter => parameter.Name.EndsWith("Predictor.Weight", StringComparison.Ordinal)).Sum(parameter => parameter.Length) * sizeof(ushort);
        double table = spark.Parameters["Tokens.Weight"].Length * sizeof(ushort);
        double touched = table + predictor + (sparkBytes - table - predictor) * seen.Share, ceiling = denseBytes / touched;
        RatioGroup group = new()
        {
            Name = "Spark FFN, 6 layers, one token",
            Contenders = [new(Dense, () => Step(denseDecoder)), new(Spark, () => Step(sparkDecoder)), new(Memory, () => memory.Run(threads))],
            Rows =
            [
                new("Spark FFN against a dense gated one, one token, BF16", round => round[Dense] / round[Spark], 3.0, Math.Floor(ceiling * 100) / 100)
                {
                    Note = string.Create(CultureInfo.InvariantCulture,
                        $"Spark FFN: 2304 x 13824, predictor 1024, {seen.Share:P2} of the neurons selected; {touched / 6e6:F1} of {denseBytes / 6e6:F1} MB a layer and token, {threads} threads: at most {ceiling:F2} by bytes"),
                },
                new("dense FFN: bytes of weights a second, of the read bandwidth", round => denseBytes / round[Dense] * round[Memory] / ReadBandwidth.Bytes, 0.85, 0.95),
            ],
            Unit = "GB/s",
            Slice = 0.3,
            Figure = (contender, seconds) => (contender == Memory ? ReadBandwidth.Bytes : contender == Dense ? denseBytes : touched) / seconds / 1e9,
            Check = () =>
            {
                BenchmarkException.ThrowIfAbove("Spark FFN", "BF16 weights", "the logits with float32 weights", deviation, AllowedDeviation);
                return string.Create(CultureInfo.InvariantCulture, $"logits of the Spark layers with BF16 weights differ by {deviation:E1} from those with float32 weights");
            },
        };
        foreach (IDisposable resource in (IDisposable[])[denseDecoder, sparkDecoder, memory]) group.Own(resource);
        return group;
    }

    private static void Step(Decoder decoder)
    {
        decoder.Rewind(0);
        decoder.Step(7);
    }

    private static double Rounding(Decoder exact, Decoder rounded)
    {
        using (exact) return TorchReference.Distance.Relative(rounded.Step(7), exact.Step(7).ToArray());
    }

    private static LayerDensity Seen(Decoder decoder)
    {
        decoder.ResetDensities();
        Step(decoder);
        return new LayerDensity("", decoder.Densities.Sum(layer => layer.Selected), decoder.Densities.Sum(layer => layer.Offered));
    }

    private static double Bytes(ParameterCollection parameters) => parameters.Where(parameter => parameter.Shape.Count > 1).Sum(parameter => (double)parameter.Length * sizeof(ushort));
}
