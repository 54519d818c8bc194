using System.Reflection;
using System.Runtime.CompilerServices;
using ModelDsl.TestSupport;

namespace ModelDsl.Generators.Tests;

/// <summary>Generated models, compiled into memory and used as a user would.</summary>
public class GeneratedModelTests
{
    private static readonly Lazy<InMemoryModels> Models = new(() => InMemoryModels.Load(Sources.Nested, """
        using ModelDsl;

        namespace Demo;

        [Model(Width = 32, Context = 16)]
        public sealed partial class Tiny
        {
            [Embedding(Vocabulary = 50)] public partial Embedding Tokens { get; }
            [Repeat(2)] public partial BlockStack<TinyBlock> Blocks { get; }
            [RmsNorm] public partial Norm FinalNorm { get; }
            [LanguageHead(TiedTo = nameof(Tokens))] public partial Head Head { get; }
        }

        [Block]
        public sealed partial class TinyBlock
        {
            [PreNorm, Residual, Attention(Heads = 4, KeyValueHeads = 2, Rotary = true)] public partial Attention Attention { get; }
            [PreNorm, Residual, GatedFfn(HiddenRatio = 2)] public partial Ffn Ffn { get; }
        }

        public static class Use
        {
            private static readonly int[] Ids = [3, 1, 4, 1, 5, 9, 2, 6];

            public static bool ATiedHeadSharesItsWeight()
            {
                using Tiny model = Tiny.Create();
                model.Tokens.Weight.Values[7] = 42;
                return model.Head.Weight.Values[7] == 42 && model.Head.Weight.Name == "Tokens.Weight" && Tiny.Card.Vocabulary == 50;
            }

            public static double[] TrainingLearns() => Learn<Tiny>();

            public static float DecodingEqualsTheForward()
            {
                using Tiny model = Tiny.Create(seed: 2);
                using ModelModule module = model.CreateModule();
                float[] logits = module.Forward(Ids, 1, Ids.Length).ToArray();
                using Decoder decoder = model.CreateDecoder();
                float worst = 0;
                for (int i = 0; i < Ids.Length; i++)
                {
                    ReadOnlySpan<float> step = i == 0 ? decoder.Prefill(Ids[..1]) : decoder.Step(Ids[i]);
                    for (int token = 0; token < 50; token++) worst = Math.Max(worst, Math.Abs(step[token] - logits[i * 50 + token]));
                }

                return worst;
            }

            private static double[] Learn<T>() where T : class, ILanguageModel<T>
            {
                using T model = T.Create(seed: 2);
                using Trainer trainer = model.CreateTrainer(new TrainerOptions { Batch = 1, Sequence = 7, Optimizer = new AdamW { LearningRate = 1e-2f } });
                double first = trainer.Step(Ids.AsSpan(0, 7), Ids.AsSpan(1, 7)).Loss, last = first;
                for (int i = 0; i < 40; i++) last = trainer.Step(Ids.AsSpan(0, 7), Ids.AsSpan(1, 7)).Loss;
                return [first, last];
            }

            public static string[] HandlesLeadToParameters()
            {
                using Encoder model = Encoder.Create(seed: 1);
                Ffn ffn = model.Pairs[2].Rest[1].Ffn;
                return [ffn.Name, ffn.Up.Weight.Name, ffn.PreNorm!.Value.Weight.Name, ffn.PostNorm!.Value.ToString(), model.Tail.Name, model.Norm.Weight.Name,
                    model.Parameters["Pairs.2.Rest.1.Ffn.Up.Weight"].ToString(), ffn.Gate is null && ffn.Up.Bias is null && model.Norm.Bias is null ? "nothing else" : "more"];
            }

            public static bool ASavedModelComesBack(string path)
            {
                using Encoder first = Encoder.Create(seed: 3);
                first.Save(path);
                using Encoder second = Encoder.Load(path);
                return first.Parameters.Zip(second.Parameters).All(pair => pair.First.Values.SequenceEqual(pair.Second.Values));
            }

            public static float[] AFunctionWithAGradient()
            {
                using Encoder model = Make<Encoder>();
                using ModelModule module = model.CreateModule(new ModuleOptions { Batch = 1, Sequence = 2 });
                float[] input = new float[2 * Encoder.Card.Width];
                for (int i = 0; i < input.Length; i++) input[i] = 0.01f * i;
                float[] output = module.Forward(input, 1, 2).ToArray();
                float[] gradient = module.Backward(output).ToArray();
                return [output.Sum(MathF.Abs), gradient.Sum(MathF.Abs), module.Parameters["Tail.Ffn.Up.Weight"].Gradient[0]];
            }

            private static T Make<T>() where T : class, IModel<T> => T.Create(seed: 5);
        }
        """));

    [Fact]
    public void HandlesLeadToParameters() => Assert.Equal(
        ["Pairs.2.Rest.1.Ffn", "Pairs.2.Rest.1.Ffn.Up.Weight", "Pairs.2.Rest.1.Ffn.PreNorm.Weight", "Pairs.2.Rest.1.Ffn.PostNorm", "Tail", "Norm.Weight",
            "Pairs.2.Rest.1.Ffn.Up.Weight [160, 64]", "nothing else"],
        Call<string[]>([]));

    [Fact]
    public void ASavedModelComesBack()
    {
        string path = Path.GetTempFileName();
        try
        {
            Assert.True(Call<bool>([path]));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void AFunctionWithAGradient() => Assert.All(Call<float[]>([]), value => Assert.True(float.IsFinite(value) && value != 0));

    [Fact]
    public void ATiedHeadSharesItsWeight() => Assert.True(Call<bool>([]));

    [Fact]
    public void TrainingLearns()
    {
        double[] losses = Call<double[]>([]);
        Assert.InRange(losses[0], Math.Log(50) - 0.5, Math.Log(50) + 0.5);
        Assert.InRange(losses[1], 0, losses[0] / 4);
    }

    [Fact]
    public void DecodingEqualsTheForward() => Assert.InRange(Call<float>([]), 0, 1e-5f);

    [Fact]
    public void AnEditorsCompilationSaysThatItHasNoBodies()
    {
        GeneratorHarness run = GeneratorHarness.RunAsEditor(Sources.Nested);
        Assert.Empty(run.Problems);
        using MemoryStream image = new();
        Assert.True(run.Output.Emit(image).Success);
        MethodInfo create = Assembly.Load(image.ToArray()).GetType("Demo.Encoder")!.GetMethod("Create")!;
        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(() => create.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [0], null));
        Assert.Contains("without the bodies", thrown.Message, StringComparison.Ordinal);
    }

    private static T Call<T>(object[] arguments, [CallerMemberName] string method = "")
        => (T)Models.Value.Type("Demo.Use").GetMethod(method)!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;
}
