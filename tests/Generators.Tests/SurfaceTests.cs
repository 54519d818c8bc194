using ModelDsl.TestSupport;

namespace ModelDsl.Generators.Tests;

/// <summary>What user code binds to, whole: without the bodies, as an editor has it.</summary>
public class SurfaceTests
{
    [Fact]
    public void LanguageModel()
    {
        GeneratorHarness run = GeneratorHarness.RunAsEditor(Sources.Gpt2);
        Assert.Empty(run.Problems);
        Snapshot.Match(run["Demo.Gpt2.Surface.g.cs"]);
    }

    [Fact]
    public void Block()
    {
        GeneratorHarness run = GeneratorHarness.RunAsEditor(Sources.Llama);
        Assert.Empty(run.Problems);
        Snapshot.Match(run["Demo.LlamaBlock.Surface.g.cs"]);
    }

    [Fact]
    public void NestedModule()
    {
        GeneratorHarness run = GeneratorHarness.RunAsEditor(Sources.Nested);
        Assert.Empty(run.Problems);
        Snapshot.Match(run["Demo.Encoder.Surface.g.cs"]);
        Snapshot.Match(run["Demo.Pair.Surface.g.cs"], part: "Pair");
    }

    [Fact]
    public void InvalidModel()
    {
        GeneratorHarness run = GeneratorHarness.Run("""
            using ModelDsl;

            namespace Demo;

            [Model(Width = 0, Context = 32)]
            public sealed partial class Broken
            {
                [Embedding(Vocabulary = 10)] public partial Embedding Tokens { get; }
                [Attention(Heads = 2)] public partial Ffn Mixed { get; }
                [LanguageHead(TiedTo = nameof(Tokens))] public partial Head Head { get; }
            }

            public static class Use
            {
                public static float Run(int[] tokens)
                {
                    using Broken model = Broken.Create(seed: 1);
                    using Trainer trainer = model.CreateTrainer(new TrainerOptions());
                    using Decoder decoder = model.CreateDecoder();
                    model.Save("model.safetensors");
                    return model.Tokens.Weight.Values[0] + model.Mixed.Up.Weight.Values[0] + Broken.Card.Parameters;
                }
            }
            """);
        Assert.Equal(
            ["error MDL9002: 'Demo.Broken' is invalid and got no code: MDL0109: Width of 'Broken' is 0: it must be from 1 to 16777216"],
            run.Problems);
        Snapshot.Match(run["Demo.Broken.Surface.g.cs"]);
    }
}
