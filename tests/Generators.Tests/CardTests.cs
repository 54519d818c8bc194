using System.Globalization;
using ModelDsl.TestSupport;

namespace ModelDsl.Generators.Tests;

/// <summary>The numbers of a model's card and of its budget are one, and are what is allocated.</summary>
public class CardTests
{
    private const int Batch = 3, Sequence = 8;

    private static readonly Lazy<InMemoryModels> Models = new(() => InMemoryModels.Load(Source(""), $$"""
        using ModelDsl;

        namespace Demo;

        public static class Use
        {
            public static long[] Numbers() => [Priced.Card.Parameters, Priced.Card.ForwardFlopsPerToken, Priced.Card.CacheBytesPerToken, Priced.Card.TrainingMemory({{Batch}}, {{Sequence}}).Total];

            public static long[] Allocated()
            {
                using Priced model = Priced.Create();
                using Trainer trainer = model.CreateTrainer(new TrainerOptions { Batch = {{Batch}}, Sequence = {{Sequence}} });
                using Decoder decoder = model.CreateDecoder(new DecoderOptions { Batch = 2, PrefillChunk = 4 }), rounded = model.CreateDecoder(new DecoderOptions { Batch = 2, PrefillChunk = 4, Weights = WeightFormat.BFloat16 });
                MemoryEstimate training = Priced.Card.TrainingMemory({{Batch}}, {{Sequence}}), decoding = Priced.Card.DecodingMemory(2, prefillChunk: 4);
                return [model.Parameters.Sum(parameter => (long)parameter.Values.Length), trainer.MemoryBytes, training.Total - training.Parameters, decoder.MemoryBytes, decoding.Total - decoding.Parameters,
                    rounded.MemoryBytes, Priced.Card.DecodingMemory(2, prefillChunk: 4, weights: WeightFormat.BFloat16).Total];
            }

            public static string[] Layers() => [.. Priced.Card.Layers.Select(layer => $"{layer.Count} {layer.Name} {layer.Parameters} {layer.ForwardFlopsPerToken} {layer.CacheBytesPerToken}")];

            public static long[] Activations() => [Priced.Card.Layers.Sum(layer => layer.ActivationBytesPerToken), Priced.Card.TrainingMemory(1000, 16).Activations / 16000];
        }
        """));

    // Width 32, 2 blocks of 4 heads over 2 key/value heads, context 16, vocabulary 50: by hand, as operations of the products and of attention to 16 positions.
    [Fact]
    public void LayersAreCountedAsByHand() => Assert.Equal(
        [
            $"1 Tokens {50 * 32} 0 0",
            "2 Blocks.* 0 0 0",
            $"2 Blocks.*.Attention {2 * (32 + (32 * 64) + (32 * 32))} {2 * ((2 * 32 * 64) + (2 * 32 * 32) + (4 * 16 * 32))} {2 * 2 * 16 * 4}",
            $"2 Blocks.*.Ffn {2 * (32 + (3 * 32 * 64))} {2 * 2 * 3 * 32 * 64} 0",
            "1 FinalNorm 32 0 0",
            $"1 Head 0 {2 * 32 * 50} 0",
        ],
        Call<string[]>("Layers"));

    [Fact]
    public void MemoryIsWhatIsAllocated()
    {
        long[] allocated = Call<long[]>("Allocated");
        Assert.Equal(Call<long[]>("Numbers")[0], allocated[0]);
        Assert.Equal(allocated[2], allocated[1] - TokenBuffers(Batch * Sequence));
        Assert.Equal(allocated[4], allocated[3] - TokenBuffers(4));
        Assert.Equal(allocated[6], allocated[5] - TokenBuffers(4));

        // What the handles hold besides floats: inputs, targets and starts, in whole cache lines.
        static long TokenBuffers(int rows) => 3 * ((rows + 15) / 16 * 16) * sizeof(int);
    }

    // Packing the planned buffers leaves gaps at most.
    [Fact]
    public void ActivationsOfLayersAreThoseOfTheModel()
    {
        long[] activations = Call<long[]>("Activations");
        Assert.InRange(activations[0], 0.9 * activations[1], activations[1]);
    }

    [Fact]
    public void ABudgetOfExactlyTheCardHolds()
    {
        long[] numbers = Call<long[]>("Numbers");
        Assert.Empty(GeneratorHarness.Run(Source(Budget(numbers))).Problems);
        for (int i = 0; i < numbers.Length; i++)
        {
            long[] less = [.. numbers];
            less[i]--;
            string problem = Assert.Single(GeneratorHarness.Run(Source(Budget(less))).Problems);
            Assert.Contains("MDL0114", problem, StringComparison.Ordinal);
            Assert.Contains($"{numbers[i].ToString("N0", CultureInfo.InvariantCulture)} ", problem, StringComparison.Ordinal);
            Assert.Contains($"1 more than its budget of {less[i].ToString("N0", CultureInfo.InvariantCulture)}", problem, StringComparison.Ordinal);
        }

        static string Budget(long[] values)
            => $"[Budget(Parameters = {values[0]}, FlopsPerToken = {values[1]}, CacheBytesPerToken = {values[2]}, TrainingBytes = {values[3]}, Batch = {Batch}, Sequence = {Sequence})]";
    }

    private static T Call<T>(string method) => (T)Models.Value.Type("Demo.Use").GetMethod(method)!.Invoke(null, null)!;

    private static string Source(string budget) => $$"""
        using ModelDsl;

        namespace Demo;

        [Model(Width = 32, Context = 16)]
        {{budget}}
        public sealed partial class Priced
        {
            [Embedding(Vocabulary = 50)] public partial Embedding Tokens { get; }
            [Repeat(2)] public partial BlockStack<PricedBlock> Blocks { get; }
            [RmsNorm] public partial Norm FinalNorm { get; }
            [LanguageHead(TiedTo = nameof(Tokens))] public partial Head Head { get; }
        }

        [Block]
        public sealed partial class PricedBlock
        {
            [PreNorm, Residual, Attention(Heads = 4, KeyValueHeads = 2, Rotary = true)] public partial Attention Attention { get; }
            [PreNorm, Residual, GatedFfn(HiddenRatio = 2)] public partial Ffn Ffn { get; }
        }
        """;
}
