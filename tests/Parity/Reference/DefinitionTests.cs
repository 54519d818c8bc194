using ModelDsl.TorchReference;
using TorchSharp;

namespace ModelDsl.Parity.Reference;

/// <summary>The oracle itself: its layers are what their names say, against loops in double or known values.</summary>
public class DefinitionTests
{
    [TorchFact]
    public void Rotation_pairs_halves()
    {
        using DisposeScope _ = torch.NewDisposeScope();
        torch.Tensor x = torch.tensor([1f, 2, 3, 4, 9, 8], [1, 1, 1, 6]);
        using TorchParameters none = new([], torch.ScalarType.Float32);
        float[] rotated = TorchParameters.Floats(TorchAttention.Rotate(new TorchRun(none) { Start = 2 }, x, 4, 1e4));
        Assert.True(Distance.Relative(rotated, [-3.144039117f, 1.919605347f, -0.339143083f, 4.039197360f, 9, 8]) < 1e-6);
    }

    [TorchTheory]
    [InlineData(2, 2, true, 0, 0.0)]
    [InlineData(6, 2, true, 3, 1.5)]
    [InlineData(3, 1, false, 0, 0.0)]
    [InlineData(2, 1, false, 2, 0.0)]
    public void Attention_is_its_definition(int heads, int keyHeads, bool causal, int window, double cap)
    {
        const int Batch = 2, Time = 7, Width = 5, HeadWidth = 3;
        TorchAttention layer = new() { Heads = heads, KeyValueHeads = keyHeads, HeadWidth = HeadWidth, Causal = causal, Window = window, SoftCap = cap, QueryKeyValueBias = true, Residual = false };
        using TorchModule module = new(layer, Width, "Attention");
        module.Parameters.Randomize(seed: 1, deviation: 0.7);
        float[] x = Values(Batch * Time * Width, seed: 2);
        float[] expected = new float[x.Length];
        for (int b = 0; b < Batch; b++)
        {
            double[][] q = Rows("Query"), k = Rows("Key"), v = Rows("Value");
            for (int i = 0; i < Time; i++)
            {
                double[] mixed = new double[heads * HeadWidth];
                for (int h = 0; h < heads; h++)
                {
                    int kh = h / (heads / keyHeads);
                    double[] weight = new double[Time];
                    for (int j = 0; j < Time; j++)
                    {
                        if ((causal && j > i) || (window > 0 && Math.Abs(i - j) >= window)) continue;
                        double score = 0;
                        for (int d = 0; d < HeadWidth; d++) score += q[i][h * HeadWidth + d] * k[j][kh * HeadWidth + d];
                        score /= Math.Sqrt(HeadWidth);
                        weight[j] = Math.Exp(cap == 0 ? score : cap * Math.Tanh(score / cap));
                    }

                    double sum = weight.Sum();
                    for (int d = 0; d < HeadWidth; d++)
                        mixed[h * HeadWidth + d] = Enumerable.Range(0, Time).Sum(j => weight[j] / sum * v[j][kh * HeadWidth + d]);
                }

                float[] output = module.Parameters.Get("Attention.Output.Weight");
                for (int o = 0; o < Width; o++)
                    expected[(b * Time + i) * Width + o] = (float)mixed.Select((m, c) => m * output[o * mixed.Length + c]).Sum();
            }

            double[][] Rows(string name)
            {
                float[] weight = module.Parameters.Get($"Attention.{name}.Weight"), bias = module.Parameters.Get($"Attention.{name}.Bias");
                return [.. Enumerable.Range(0, Time).Select(t => bias.Select((add, o) =>
                    add + Enumerable.Range(0, Width).Sum(c => (double)x[(b * Time + t) * Width + c] * weight[o * Width + c])).ToArray())];
            }
        }

        Assert.True(Distance.Relative(module.Run(x, x, Batch).Output, expected) < 1e-6);
    }

    [TorchTheory]
    [InlineData(NormKind.RmsNorm)]
    [InlineData(NormKind.LayerNorm)]
    public void Norms_are_their_definition(NormKind kind)
    {
        const int Width = 5, Rows = 3;
        const double Epsilon = 0.1;
        using TorchModule module = new(new TorchNorm(kind, Epsilon), Width, "Norm");
        module.Parameters.Randomize(seed: 1, deviation: 0.5);
        float[] x = Values(Rows * Width, seed: 3), weight = module.Parameters.Get("Norm.Weight"), expected = new float[x.Length];
        for (int r = 0; r < Rows; r++)
        {
            double[] row = [.. x.AsSpan(r * Width, Width).ToArray().Select(value => (double)value)];
            double mean = kind == NormKind.LayerNorm ? row.Average() : 0, scale = 1 / Math.Sqrt(row.Average(value => (value - mean) * (value - mean)) + Epsilon);
            for (int c = 0; c < Width; c++)
                expected[r * Width + c] = (float)((row[c] - mean) * scale * weight[c] + (kind == NormKind.LayerNorm ? module.Parameters.Get("Norm.Bias")[c] : 0));
        }

        Assert.True(Distance.Relative(module.Run(x, x, 1).Output, expected) < 1e-6);
    }

    [TorchTheory]
    [InlineData(Activation.Gelu, 0.5, 0.345731)]
    [InlineData(Activation.GeluTanh, 0.5, 0.345714)]
    [InlineData(Activation.Relu, -0.5, 0)]
    [InlineData(Activation.SquaredRelu, 0.5, 0.25)]
    [InlineData(Activation.Silu, 0.5, 0.311230)]
    public void Activations_are_what_they_are_called(Activation activation, double x, double expected)
    {
        using TorchModule plain = new(new TorchFfn { Hidden = 1, Activation = activation, Residual = false }, 1);
        using TorchModule gated = new(new TorchFfn { Hidden = 1, Activation = activation, Gated = true, Residual = false }, 1);
        foreach (TorchModule module in (TorchModule[])[plain, gated])
        {
            foreach (string name in module.Parameters.Names) module.Parameters.Set(name, [1]);
        }

        Assert.Equal(expected, plain.Run([(float)x], [1], 1).Output[0], 1e-6);
        Assert.Equal(expected * x, gated.Run([(float)x], [1], 1).Output[0], 1e-6);
    }

    [TorchTheory]
    [InlineData(true, 0)]
    [InlineData(true, 4)]
    [InlineData(false, 0)]
    public void Fused_attention_equals_the_plain_one(bool causal, int window)
    {
        TorchAttention layer = new() { Heads = 4, KeyValueHeads = 2, Causal = causal, Window = window, RotaryTheta = 10000, PreNorm = new TorchNorm(NormKind.RmsNorm) };
        using TorchModule module = new(layer, 16, "Attention");
        module.Parameters.Randomize(seed: 3, deviation: 0.3);
        float[] x = Values(2 * 9 * 16, seed: 4), upstream = Values(2 * 9 * 16, seed: 5);
        foreach (int[] segments in (int[][])[[], [0, 0, 0, 3, 3, 3, 3, 7, 7, 0, 1, 1, 1, 1, 1, 1, 1, 1]])
        {
            (float[] plainOutput, float[] plainGradient) = module.Run(x, upstream, 2, segmentStarts: segments);
            float[] plainQuery = module.Parameters.Gradient("Attention.Query.Weight");
            (float[] output, float[] gradient) = module.Run(x, upstream, 2, fused: true, segmentStarts: segments);
            Assert.True(Distance.Relative(output, plainOutput) < 1e-6);
            Assert.True(Distance.Relative(gradient, plainGradient) < 1e-6);
            Assert.True(Distance.Relative(module.Parameters.Gradient("Attention.Query.Weight"), plainQuery) < 1e-5);
        }
    }

    private static float[] Values(int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1)];
    }
}
