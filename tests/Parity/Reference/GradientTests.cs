using ModelDsl.TorchReference;
using TorchSharp;

namespace ModelDsl.Parity.Reference;

/// <summary>The oracle itself: its gradients are the slopes of its loss, in double.</summary>
public class GradientTests
{
    private const double Step = 1e-6;

    public static TheoryData<string> Models => [.. Shapes.Keys];

    private static readonly Dictionary<string, TransformerShape> Shapes = new()
    {
        ["GPT-2"] = TransformerShape.Gpt2(width: 6, layers: 2, heads: 2, vocabulary: 7, context: 5),
        ["Llama"] = TransformerShape.Llama(width: 8, layers: 2, heads: 4, keyValueHeads: 2, hidden: 5, vocabulary: 7, context: 5),
        ["every option"] = new()
        {
            Width = 6,
            Vocabulary = 7,
            Context = 5,
            LearnedPositions = true,
            TiedHead = false,
            HeadBias = true,
            SoftCap = 3,
            Body = new TorchSequence(
                ("Blocks", new TorchStack(
                    new TorchSequence(
                        ("Attention", new TorchAttention
                        {
                            Heads = 3,
                            KeyValueHeads = 1,
                            HeadWidth = 4,
                            RotaryTheta = 100,
                            RotaryWidth = 2,
                            Window = 3,
                            SoftCap = 2,
                            QueryKeyNorm = true,
                            QueryKeyValueBias = true,
                            OutputBias = true,
                            PreNorm = new TorchNorm(NormKind.RmsNorm),
                            PostNorm = new TorchNorm(NormKind.LayerNorm),
                        }),
                        ("Ffn", new TorchFfn { Hidden = 5, Bias = true, Gated = true, Activation = Activation.Gelu, PostNorm = new TorchNorm(NormKind.LayerNorm) { Bias = false } }),
                        ("Wide", new TorchFfn { Hidden = 4, Activation = Activation.SquaredRelu, Residual = false })),
                    2)),
                ("FinalNorm", new TorchNorm(NormKind.RmsNorm))),
        },
    };

    [TorchTheory]
    [MemberData(nameof(Models))]
    public void Gradients_are_slopes_of_the_loss(string name)
    {
        using TorchTransformer model = new(Shapes[name], torch.ScalarType.Float64);
        model.Parameters.Randomize(seed: 5, deviation: 0.5);
        int[] inputs = [1, 4, 0, 6, 2, 5, 5, 3, 0, 1], targets = [4, 0, 6, 2, -1, 5, 3, 0, 1, 6];
        model.LossAndGradients(inputs, targets, batch: 2);
        using DisposeScope _ = torch.NewDisposeScope();
        using IDisposable frozen = torch.no_grad();
        torch.Tensor ids = TorchTransformer.Ids(inputs, 2), wanted = TorchTransformer.Ids(targets, 2);
        foreach (string parameter in model.Parameters.Names)
        {
            torch.Tensor values = model.Parameters[parameter].detach().view(-1);
            double[] gradient = model.Parameters[parameter].grad!.to_type(torch.ScalarType.Float64).contiguous().data<double>().ToArray();
            for (int i = 0; i < gradient.Length; i++)
            {
                using DisposeScope inner = torch.NewDisposeScope();
                double value = values[i].item<double>();
                values[i] = value + Step;
                double above = model.Loss(ids, wanted).item<double>();
                values[i] = value - Step;
                double below = model.Loss(ids, wanted).item<double>();
                values[i] = value;
                double slope = (above - below) / (2 * Step);
                Assert.True(Math.Abs(slope - gradient[i]) < 1e-7 * (1 + Math.Abs(slope)), $"{parameter}[{i}]: slope {slope:G9}, gradient {gradient[i]:G9}");
            }
        }
    }
}
