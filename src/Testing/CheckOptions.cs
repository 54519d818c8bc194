namespace ModelDsl;

/// <summary>What a check of <see cref="ModelChecks"/> draws and allows. The same options give the same result.</summary>
public sealed record CheckOptions
{
    /// <summary>Seed of parameters, inputs, directions and orders.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Number of sequences; training computes them in two micro-batches where there are several.</summary>
    public int Batch { get; init; } = 3;

    /// <summary>Positions of each sequence: the model's context, but at most 32, when null. Take more than a sliding window has.</summary>
    public int? Sequence { get; init; }

    /// <summary>
    /// Whether the check draws parameters instead of taking the model's: matrices of standard deviation 1/√inputs, and noise of 0.25 on
    /// everything else. Small fresh parameters hide errors: attention is then nearly uniform, and gradients of queries and keys vanish.
    /// Either way the model has its own values back afterwards.
    /// </summary>
    public bool RandomParameters { get; init; } = true;

    /// <summary>Number of threads, 0 for one a processor.</summary>
    public int Threads { get; init; }

    /// <summary>Gradient checks: random directions for each tensor, at least 5.</summary>
    public int Directions { get; init; } = 9;

    /// <summary>
    /// Decoding: largest allowed distance of logits from those of the forward pass, relative to their Euclidean norm. 32-bit floats added up
    /// in another order are 1e-6 apart for a few layers; depth and large activations of trained parameters add to that.
    /// </summary>
    public double LogitTolerance { get; init; } = 2e-5;

    internal int SequenceOf(ModelCard card) => Sequence ?? Math.Min(card.Context, 32);

    /// <summary>A trainer's options with the sizes of the check: a step is two micro-batches where it has several sequences.</summary>
    internal TrainerOptions Applied(ModelCard card, TrainerOptions training) => training with
    {
        Batch = (Batch + 1) / 2,
        GradientAccumulation = Math.Min(Batch, 2),
        Sequence = SequenceOf(card),
        Threads = Threads,
    };

    internal CheckOptions Validated(ModelCard card)
    {
        int sequence = SequenceOf(card);
        Require(Batch >= 1, $"Batch is {Batch}: it must be at least 1");
        Require(sequence >= 1 && sequence <= card.Context, $"Sequence is {sequence}: it must be from 1 to the model's context, {card.Context}");
        Require(Threads >= 0, $"Threads is {Threads}: it must be 0 (one a processor) or more");
        Require(Directions >= 5, $"Directions is {Directions}: it must be at least 5, or the noise is not known");
        Require(LogitTolerance > 0, FormattableString.Invariant($"LogitTolerance is {LogitTolerance}: it must be above 0"));
        return this;

        void Require(bool condition, string problem)
        {
            if (!condition) throw new ArgumentException($"These check options do not work for model '{card.Name}': {problem}.");
        }
    }
}
