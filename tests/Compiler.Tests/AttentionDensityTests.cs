using ModelDsl.Compiler.Tests.Oracle;
using ModelDsl.TestSupport;

namespace ModelDsl.Compiler.Tests;

/// <summary>What selective attention counts, by layer.</summary>
public class AttentionDensityTests
{
    private const int Context = 40, TopK = 5;

    private static readonly RandomModel Model = new("Density.Sparse", $$"""
        using ModelDsl;

        namespace Density;

        [Model(Width = 16, Context = {{Context}})]
        public sealed partial class Sparse
        {
            [Embedding(Vocabulary = 30, LearnedPositions = true)] public partial Embedding Tokens { get; }
            [Repeat(2)] public partial BlockStack<SparseBlock> Blocks { get; }
            [PreNorm, Residual, TopKAttention(Heads = 1, TopK = {{TopK}}, Window = 20)] public partial Attention Last { get; }
            [LanguageHead] public partial Head Head { get; }
        }

        [Block]
        public sealed partial class SparseBlock
        {
            [PreNorm, Residual, SparkAttention(Heads = 4, KeyValueHeads = 2, TopK = {{TopK}})] public partial Attention Attention { get; }
        }
        """, Context);

    [Fact]
    public void KeptKeysAreCountedOfThoseSeen()
    {
        using ModelInstance instance = InMemoryModels.Load([Model.Source]).Create(Model.Name, seed: 1);
        Random random = new(1);
        RandomModels.Fill(instance, random);
        int[] tokens = [.. Enumerable.Range(0, 2 * Context).Select(_ => random.Next(30))];
        using Trainer trainer = instance.CreateTrainer(new TrainerOptions { Batch = 2, Sequence = Context, Threads = 2, Optimizer = new AdamW { LearningRate = 1e-12, WeightDecay = 0 } });
        trainer.Step(tokens, tokens);
        long seen = Context * (Context + 1) / 2, seenByWindow = Enumerable.Range(1, Context).Sum(position => Math.Min(position, 20));
        Check(trainer.Densities, 2 * 4 * seen, 2 * seenByWindow);

        // The same positions one by one and in pieces: as many keys, up to a score about at its threshold.
        using Decoder decoder = instance.CreateDecoder(new DecoderOptions { Batch = 1, PrefillChunk = 9, Threads = 2 });
        decoder.Prefill(tokens.AsSpan(0, 25));
        for (int i = 25; i < Context; i++) decoder.Step(tokens[i]);
        Check(decoder.Densities, 4 * seen, seenByWindow);
        decoder.Rewind(0);
        decoder.Prefill(tokens.AsSpan(Context, Context));
        Check(decoder.Densities, 2 * 4 * seen, 2 * seenByWindow);
        Assert.All(trainer.Densities.Zip(decoder.Densities), pair => Assert.InRange(pair.First.Selected - pair.Second.Selected, -2, 2));
    }

    private static void Check(IReadOnlyList<LayerDensity> densities, long seen, long seenByWindow)
    {
        Assert.Equal(["Blocks.0.Attention", "Blocks.1.Attention", "Last"], densities.Select(density => density.Layer));
        Assert.Equal([seen, seen, seenByWindow], densities.Select(density => density.Offered));

        // All of up to k, about k of more.
        Assert.All(densities, density => Assert.InRange(density.Selected / (double)density.Offered, 0.6 * TopK / Context, 3.0 * TopK / Context));
    }
}
