using ModelDsl.Checkpoints;

namespace ModelDsl;

/// <summary>
/// Adam with decoupled weight decay (Loshchilov and Hutter, "Decoupled Weight Decay Regularization"), with the formula and the
/// default values of PyTorch's <c>torch.optim.AdamW</c>. For update number t, gradient g (clipped), learning rate η:
/// <code>
/// w ← w · (1 - η·WeightDecay)
/// m ← Beta1·m + (1 - Beta1)·g
/// v ← Beta2·v + (1 - Beta2)·g²
/// w ← w - η / (1 - Beta1ᵗ) · m / (√v / √(1 - Beta2ᵗ) + Epsilon)
/// </code>
/// Language models are commonly trained with Beta2 = 0.95 and WeightDecay = 0.1 instead. Weight decay applies to the matrices
/// of products; norms, biases and embeddings have none unless <see cref="TrainerOptions.Rules"/> say otherwise.
/// </summary>
public sealed record AdamW : Optimizer
{
    private static readonly string[] SlotNames = [Checkpoint.FirstMoment, Checkpoint.SecondMoment];

    /// <summary>Decay of the mean of gradients, in [0, 1).</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the mean of squared gradients, in [0, 1).</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the denominator; above 0.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay: each step multiplies a decaying parameter by 1 - learning rate × this.</summary>
    public double WeightDecay { get; init; } = 0.01;

    // m and v.
    internal override IReadOnlyList<string> Slots => SlotNames;

    internal override double DefaultDecay => WeightDecay;

    internal override void Validate(List<string> problems)
    {
        Require(double.IsFinite(LearningRate) && LearningRate >= 0, problems, nameof(LearningRate), LearningRate, "finite and not negative");
        Require(Beta1 is >= 0 and < 1, problems, nameof(Beta1), Beta1, "in [0, 1)");
        Require(Beta2 is >= 0 and < 1, problems, nameof(Beta2), Beta2, "in [0, 1)");
        Require(double.IsFinite(Epsilon) && (float)Epsilon > 0, problems, nameof(Epsilon), Epsilon, "above 0 as a 32-bit float");
        Require(double.IsFinite(WeightDecay) && WeightDecay >= 0, problems, nameof(WeightDecay), WeightDecay, "finite and not negative");
    }

    internal override void Update(in UpdateContext context)
    {
        double meanCorrection = 1 - Math.Pow(Beta1, context.Updates);
        double squareCorrection = Math.Sqrt(1 - Math.Pow(Beta2, context.Updates));
        TileRates[] rates = context.Layout.Rates;
        for (int i = 0; i < rates.Length; i++)
        {
            ParameterGroup group = context.Layout.Groups[i];
            double learningRate = context.LearningRate * group.LearningRateScale;
            rates[i] = new TileRates((float)(1 - learningRate * group.WeightDecay), (float)(learningRate / meanCorrection));
        }

        AdamWKernel kernel = new(context, (float)context.ClipFactor, (float)Beta1, (float)(1 - Beta1), (float)Beta2, (float)(1 - Beta2), (float)(1 / squareCorrection), (float)Epsilon);
        context.Pool.Run(context.Layout.Tiles.Length, kernel);
    }
}
