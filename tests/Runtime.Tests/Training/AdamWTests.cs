using CsCheck;
using ModelDsl.Programs;

namespace ModelDsl.Runtime.Tests.Training;

public sealed class AdamWTests
{
    private static readonly Gen<AdamW> Settings = Gen.Select(
        Gen.Double[1e-4, 0.1], Gen.Double[0, 0.95], Gen.Double[0.5, 0.9999], Gen.Double[1e-9, 1e-3], Gen.Double[0, 0.3],
        (rate, beta1, beta2, epsilon, decay) => new AdamW { LearningRate = rate, Beta1 = beta1, Beta2 = beta2, Epsilon = epsilon, WeightDecay = decay });

    [Fact]
    public void Follows_the_formula_of_PyTorch_in_double()
        => Gen.Select(Settings, Gen.Double[0.01, 2], Gen.Int[0, 1000]).Sample((adamW, clip, seed) =>
        {
            using ModelInstance model = ModelInstance.Create(new BigramProgram(19), seed);
            using Trainer trainer = model.CreateTrainer(new TrainerOptions { Batch = 2, Optimizer = adamW, ClipNorm = clip, Schedule = LearningRateSchedule.WarmupCosine(2, 6) });
            Reference[] references = [.. trainer.Parameters.Zip(model.Plan.Parameters, (p, info) => new Reference(p.Values, adamW, info.Decay ? adamW.WeightDecay : 0))];
            for (int step = 1; step <= 6; step++)
            {
                (int[] inputs, int[] targets) = Tokens.Batch(16, 19, seed + step);
                StepReport report = trainer.Step(inputs, targets);

                double norm = Math.Sqrt(trainer.Parameters.Sum(p => p.Gradient.ToArray().Sum(g => (double)g * g)));
                Assert.Equal(norm, report.GradientNorm, norm * 1e-6);
                double factor = Math.Min(1, clip / (norm + 1e-6));
                for (int p = 0; p < references.Length; p++)
                {
                    references[p].Step(trainer.Parameters[p].Gradient, factor, report.LearningRate, step);
                    references[p].AssertNear(trainer.Parameters[p].Values);
                }
            }
        }, iter: 100);

    [Fact]
    public void Rules_change_decay_rate_and_freeze()
    {
        AdamW adamW = new() { LearningRate = 0.01, WeightDecay = 0.5 };
        (int[] inputs, int[] targets) = Tokens.Batch(16, 7, 3);
        float[] Train(string parameter, params ParameterRule[] rules)
        {
            using ModelInstance model = ModelInstance.Create(new BigramProgram(), 5);
            model.Parameters["Head.Bias"].Values.Fill(1);
            using Trainer trainer = model.CreateTrainer(new TrainerOptions { Batch = 2, Optimizer = adamW, Rules = rules });
            trainer.Step(inputs, targets);
            return model.Parameters[parameter].Values.ToArray();
        }

        float[] plain = Train("Head.Bias");
        float[] decayed = Train("Head.Bias", new ParameterRule("*.Bias") { WeightDecay = 0.5 });
        for (int i = 0; i < plain.Length; i++) Assert.Equal(plain[i] - 0.01 * 0.5, decayed[i], 1e-6);
        float[] slower = Train("Head.Bias", new ParameterRule("*") { LearningRateScale = 0.1 });
        for (int i = 0; i < plain.Length; i++) Assert.Equal(1 + (plain[i] - 1) * 0.1, slower[i], 1e-6);
        Assert.All(Train("Head.Bias", new ParameterRule("Head.*") { Frozen = true }), value => Assert.Equal(1, value));
        Assert.Equal(Train("Head.Bias"), Train("Head.Bias", new ParameterRule("Head.*") { Frozen = true }, new ParameterRule("Head.Bias") { Frozen = false }));
    }

    [Theory]
    [InlineData("Blocks.3.Query.Weight", "Blocks.3.Query.Weight", true)]
    [InlineData("Blocks.*.Query.Weight", "Blocks.3.Query.Weight", true)]
    [InlineData("Blocks.*.Query.Weight", "Blocks.3.Key.Weight", false)]
    [InlineData("*.Weight", "Tokens.Weight", true)]
    [InlineData("*", "anything", true)]
    [InlineData("Blocks.*", "Tokens.Weight", false)]
    [InlineData("A*A", "A", false)]
    [InlineData("*A*B*", "xAyyBz", true)]
    [InlineData("*B*A*", "xAyyBz", false)]
    public void Patterns_match_whole_names(string pattern, string name, bool expected)
        => Assert.Equal(expected, new ParameterRule(pattern).Matches(name));

    [Fact]
    public void Padding_stays_zero()
    {
        using ModelInstance model = ModelInstance.Create(new BigramProgram(), 5);
        using Trainer trainer = model.CreateTrainer(new TrainerOptions { Batch = 2 });
        (int[] inputs, int[] targets) = Tokens.Batch(16, 7, 3);
        for (int step = 0; step < 3; step++) trainer.Step(inputs, targets);
        Span<float> all = model.ParameterArena.Data.AsSpan(model.ParameterArena.Length);
        foreach (ParameterInfo info in model.Plan.Parameters) all.Slice((int)info.Offset, (int)info.Length).Clear();
        Assert.All(all.ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Large_arenas_are_cut_into_tiles_that_cover_each_float_once()
    {
        BigramProgram program = new(401);
        TrainerOptions options = new() { Rules = [new ParameterRule("Head.*") { LearningRateScale = 0.5 }] };
        UpdateLayout layout = new(program.Plan, options);
        Assert.Equal(2, layout.Groups.Length);
        long next = 0;
        foreach (UpdateTile tile in layout.Tiles)
        {
            Assert.Equal(next, tile.Offset);
            Assert.True(tile.Length % 16 == 0 && tile.Length <= UpdateLayout.TileFloats);
            next += tile.Length;
        }

        Assert.Equal(program.Plan.ParameterFloats, next);
        Assert.Equal((0, (nint)next), Assert.Single(layout.Ranges));
    }

    /// <summary>torch.optim.AdamW, single tensor, in double.</summary>
    private sealed class Reference(ReadOnlySpan<float> start, AdamW adamW, double decay)
    {
        private readonly double[] w = [.. start.ToArray().Select(x => (double)x)], m = new double[start.Length], v = new double[start.Length], size = new double[start.Length], travel = new double[start.Length];

        public void Step(ReadOnlySpan<float> gradient, double clip, double learningRate, int step)
        {
            double correction1 = 1 - Math.Pow(adamW.Beta1, step), correction2 = 1 - Math.Pow(adamW.Beta2, step);
            for (int i = 0; i < w.Length; i++)
            {
                double g = gradient[i] * clip;
                w[i] *= 1 - learningRate * decay;
                m[i] += (g - m[i]) * (1 - adamW.Beta1);
                v[i] = v[i] * adamW.Beta2 + (1 - adamW.Beta2) * g * g;
                double denominator = Math.Sqrt(v[i]) / Math.Sqrt(correction2) + adamW.Epsilon;
                double change = learningRate / correction1 * (m[i] / denominator);
                w[i] -= change;
                // Gradients of both signs cancel in m, but their roundings do not.
                size[i] += (Math.Abs(g) - size[i]) * (1 - adamW.Beta1);
                travel[i] += learningRate / correction1 * (size[i] / denominator) + Math.Abs(w[i]);
            }
        }

        // A handful of roundings a step, and that of the norm, each relative to what it rounds.
        public void AssertNear(ReadOnlySpan<float> actual)
        {
            for (int i = 0; i < w.Length; i++)
                Assert.True(Math.Abs(w[i] - actual[i]) <= 4e-6 * travel[i] + 1e-8, $"Element {i}: expected {w[i]}, got {actual[i]}.");
        }
    }
}
