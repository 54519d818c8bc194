using ModelDsl.TorchReference;
using TorchSharp;

namespace ModelDsl.Parity.Reference;

/// <summary>The oracle itself: its decoding is its forward, its optimiser AdamW, and its steps keep nothing.</summary>
public class RunTests
{
    private static readonly int[] Inputs = [1, 4, 0, 6, 2, 5, 5, 3, 0, 1], Targets = [4, 0, 6, 2, 1, 5, 3, 0, 1, 6];

    [TorchTheory]
    [InlineData(0, false)]
    [InlineData(3, false)]
    [InlineData(0, true)]
    public void Cached_decoding_equals_the_forward(int window, bool fused)
    {
        TransformerShape llama = TransformerShape.Llama(width: 8, layers: 2, heads: 4, keyValueHeads: 2, hidden: 5, vocabulary: 7, context: 12);
        TorchAttention attention = new() { Heads = 4, KeyValueHeads = 2, RotaryTheta = 10000, Window = window, PreNorm = new TorchNorm(NormKind.RmsNorm) };
        using TorchTransformer model = new(llama with { Body = new TorchSequence(("Blocks", new TorchStack(attention, 2))) }) { Fused = fused };
        model.Parameters.Randomize(seed: 5, deviation: 0.5);
        float[] expected = model.Logits(Inputs, batch: 1);
        using TorchDecoder decoder = new(model);
        float[] logits = decoder.Append(Inputs.AsSpan(0, 4));
        for (int t = 4; ; t++)
        {
            Assert.True(Distance.Relative(logits, expected.AsSpan((t - 1) * 7, 7)) < 1e-5, $"position {t - 1}");
            if (t == Inputs.Length) break;
            logits = decoder.Append(Inputs.AsSpan(t, 1));
        }
    }

    [TorchFact]
    public void A_step_is_AdamW_with_clipping_and_decay_of_matrices_only()
    {
        using TorchTransformer model = new(TransformerShape.Llama(width: 8, layers: 1, heads: 4, keyValueHeads: 2, hidden: 5, vocabulary: 7, context: 5));
        model.Parameters.Randomize(seed: 5, deviation: 0.5);
        using TorchTrainer trainer = new(model, learningRate: 0.01, weightDecay: 0.2) { ClipNorm = 0.3 };
        Dictionary<string, (float[] Value, double[] First, double[] Second)> state = model.Parameters.Names.ToDictionary(
            name => name, name => (model.Parameters.Get(name), new double[model.Parameters[name].numel()], new double[model.Parameters[name].numel()]));
        for (int step = 1; step <= 3; step++)
        {
            model.LossAndGradients(Inputs, Targets, batch: 2);
            Dictionary<string, float[]> gradients = model.Parameters.Names.ToDictionary(name => name, model.Parameters.Gradient);
            double norm = Math.Sqrt(gradients.Values.Sum(gradient => Math.Pow(Distance.Norm(gradient), 2)));
            trainer.Step(Inputs, Targets, batch: 2);
            foreach ((string name, (float[] value, double[] first, double[] second)) in state)
            {
                double decay = name.EndsWith("Norm.Weight", StringComparison.Ordinal) || name == "Tokens.Weight" ? 0 : 0.2;
                for (int i = 0; i < value.Length; i++)
                {
                    double gradient = gradients[name][i] * Math.Min(1, 0.3 / norm);
                    first[i] = 0.9 * first[i] + 0.1 * gradient;
                    second[i] = 0.95 * second[i] + 0.05 * gradient * gradient;
                    double update = first[i] / (1 - Math.Pow(0.9, step)) / (Math.Sqrt(second[i] / (1 - Math.Pow(0.95, step))) + 1e-8);
                    value[i] = (float)(value[i] * (1 - 0.01 * decay) - 0.01 * update);
                }

                Assert.True(Distance.Relative(model.Parameters.Get(name), value) < 1e-5, $"{name}, step {step}");
            }
        }
    }

    [TorchFact]
    public void A_step_keeps_no_tensors_and_lowers_the_loss()
    {
        using TorchTransformer model = new(TransformerShape.Gpt2(width: 8, layers: 2, heads: 2, vocabulary: 7, context: 5)) { Fused = true };
        model.Parameters.Randomize(seed: 5, deviation: 0.1);
        using TorchTrainer trainer = new(model, learningRate: 0.01) { ClipNorm = 1 };
        double start = trainer.Step(Inputs, Targets, batch: 2), end = 0;
        // What other tests left for the finalizer would be counted otherwise.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long tensors = torch.Tensor.TotalCount;
        for (int i = 0; i < 30; i++) end = trainer.Step(Inputs, Targets, batch: 2);
        Assert.Equal(tensors, torch.Tensor.TotalCount);
        Assert.True(end < start - 0.5, $"{start} -> {end}");
    }
}
