using System.Globalization;
using ModelDsl.Benchmarks.Machine;

namespace ModelDsl.Benchmarks.Ratios.Spark;

/// <summary>
/// Decoding of the shape of Gemma 2's smallest model (2.6 billion parameters in BF16), dense and as a Spark Transformer, after prompts of several lengths, and the prompt itself in chunks
/// of 64. Weights are random: the share of neurons and keys that is selected is measured, and near what is asked for.
/// </summary>
internal static class SparkDecodeGroup
{
    private const string Dense = "dense", Spark = "Spark", Memory = "read bandwidth";
    private const int Chunk = 64, Vocabulary = 256000;

    /// <summary>The two decoders and what they read of weights, made once for all prompts.</summary>
    internal sealed class Pair : IDisposable
    {
        /// <summary>Makes them.</summary>
        public Pair(int threads, int context)
        {
            DecoderOptions options = new() { Threads = threads, Context = context, PrefillChunk = Chunk, Weights = WeightFormat.BFloat16 };
            Dense = RandomDecoder.Create(Generated.ModelDsl__Benchmarks__DenseGemma_Program.Instance, options, seed: 1);
            Spark = RandomDecoder.Create(Generated.ModelDsl__Benchmarks__SparkGemma_Program.Instance, options, seed: 1);
        }

        /// <summary>Every weight and every position in use.</summary>
        public Decoder Dense { get; }

        /// <summary>The sparse one.</summary>
        public Decoder Spark { get; }

        /// <summary>Frees both.</summary>
        public void Dispose()
        {
            Dense.Dispose();
            Spark.Dispose();
        }
    }

    /// <summary>Decoding after a prompt.</summary>
    public static RatioGroup Decode(int threads, int prompt)
    {
        Pair pair = new(threads, prompt + 16);
        ReadBandwidth memory = new();
        int[] tokens = Prompt(prompt);
        pair.Dense.Prefill(tokens);
        pair.Spark.Prefill(tokens);
        pair.Spark.ResetDensities();
        double bytes = DenseGemma.Card.Parameters * (double)sizeof(ushort);
        string name = string.Create(CultureInfo.InvariantCulture, $"decode, 2.6 B parameters, BF16, prompt of {prompt}");
        RatioGroup group = new()
        {
            Name = name,
            Contenders = [new(Dense, () => Step(pair.Dense)), new(Spark, () => Step(pair.Spark)), new(Memory, () => memory.Run(threads))],
            Rows =
            [
                new($"{name}: Spark against dense", round => round[Dense] / round[Spark], 1.70, 1.82),
                new($"{name}: bytes of the dense one's weights a second, of the read bandwidth", round => bytes / round[Dense] * round[Memory] / ReadBandwidth.Bytes, 0.85, 1.0),
            ],
            Unit = "tokens/s",
            Slice = 0.5,
            Figure = (contender, seconds) => contender == Memory ? ReadBandwidth.Bytes / seconds / 1e9 : 1 / seconds,
            Check = () =>
            {
                Step(pair.Spark);
                return string.Create(CultureInfo.InvariantCulture, $"after a prompt of {prompt} the Spark model selects {Share(pair.Spark, "First", "Second"):P1} of its neurons and {Share(pair.Spark, "Near", "Far"):P1} of the positions");
            },
        };
        group.Own(pair);
        group.Own(memory);
        return group;

        void Step(Decoder decoder)
        {
            decoder.Rewind(prompt);
            decoder.Step(7);
        }
    }

    /// <summary>A prompt in chunks.</summary>
    public static RatioGroup Prefill(int threads, int prompt)
    {
        Pair pair = new(threads, prompt);
        int[] tokens = Prompt(prompt);
        RatioGroup group = new()
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"prefill of {prompt} tokens in chunks of {Chunk}, 2.6 B parameters, BF16"),
            Contenders = [new(Dense, () => Fill(pair.Dense)), new(Spark, () => Fill(pair.Spark))],
            Rows = [new($"prefill in chunks of {Chunk}, Spark against dense", round => round[Dense] / round[Spark], 1.5, 1.86)],
            Unit = "tokens/s",
            Rounds = 3,
            Figure = (_, seconds) => prompt / seconds,
        };
        group.Own(pair);
        return group;

        void Fill(Decoder decoder)
        {
            decoder.Rewind(0);
            decoder.Prefill(tokens);
        }
    }

    private static double Share(Decoder decoder, params string[] layers)
    {
        LayerDensity[] of = [.. decoder.Densities.Where(density => layers.Any(layer => density.Layer.EndsWith(layer, StringComparison.Ordinal)))];
        return (double)of.Sum(density => density.Selected) / of.Sum(density => density.Offered);
    }

    private static int[] Prompt(int length)
    {
        Random random = new(3);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(Vocabulary))];
    }
}
