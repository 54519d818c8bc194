using ModelDsl.Programs;
using ModelDsl.Threading;

namespace ModelDsl;

/// <summary>What a trainer does when a loss or a gradient is NaN or infinite. The parameters are never changed by such a step.</summary>
public enum NonFiniteAction
{
    /// <summary>The step throws a <see cref="NonFiniteException"/>.</summary>
    Throw,

    /// <summary>The step leaves the parameters and optimiser slots as they are and says so in <see cref="StepReport.NonFinite"/>.</summary>
    SkipUpdate,
}

/// <summary>How a trainer trains.</summary>
public sealed record TrainerOptions
{
    /// <summary>Most sequences that are computed at once; memory grows with it. A step of more sequences is computed in several micro-batches.</summary>
    public int Batch { get; init; } = 8;

    /// <summary>Most positions of a sequence; the model's context when null.</summary>
    public int? Sequence { get; init; }

    /// <summary>
    /// Micro-batches of a step: a step takes up to GradientAccumulation × <see cref="Batch"/> sequences, with the memory of one
    /// micro-batch. The loss is the mean over the counted targets of the whole step, so that the split does not change the result.
    /// </summary>
    public int GradientAccumulation { get; init; } = 1;

    /// <summary>How gradients change parameters.</summary>
    public Optimizer Optimizer { get; init; } = new AdamW();

    /// <summary>Factor of the learning rate at each step.</summary>
    public LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Constant();

    /// <summary>Largest Euclidean norm of all gradients together: larger ones are scaled down to it. Null does not clip.</summary>
    public double? ClipNorm { get; init; } = 1.0;

    /// <summary>Exceptions to how the optimiser treats parameters; see <see cref="ParameterRule"/>.</summary>
    public IReadOnlyList<ParameterRule> Rules { get; init; } = [];

    /// <summary>What happens when a loss or a gradient is NaN or infinite.</summary>
    public NonFiniteAction OnNonFinite { get; init; } = NonFiniteAction.Throw;

    /// <summary>Seed of <see cref="Trainer.Random"/>.</summary>
    public int Seed { get; init; }

    /// <summary>Largest value of <see cref="Threads"/>, for decoders and modules, too.</summary>
    public const int MostThreads = WorkerPool.MostThreads;

    /// <summary>Number of threads, at most <see cref="MostThreads"/>; 0 for one a processor. Results do not depend on it.</summary>
    public int Threads { get; init; }

    internal int SequenceOf(ModelPlan plan) => Sequence ?? plan.Context;

    internal void Validate(ModelPlan plan)
    {
        List<string> problems = [];
        int sequence = SequenceOf(plan);
        Require(Batch >= 1, $"Batch is {Batch}: it must be at least 1");
        Require(sequence >= 1 && sequence <= plan.Context, $"Sequence is {sequence}: it must be from 1 to the model's context, {plan.Context}");
        Require(GradientAccumulation >= 1, $"GradientAccumulation is {GradientAccumulation}: it must be at least 1");
        Int128 tokens = (Int128)Batch * sequence * GradientAccumulation;
        Require(tokens <= int.MaxValue, $"Batch × Sequence × GradientAccumulation is {tokens}: a step takes at most {int.MaxValue} tokens");
        Require(WorkerPool.IsAllowed(Threads), $"Threads is {Threads}: {WorkerPool.Rule}");
        Require(ClipNorm is null or (> 0 and < double.PositiveInfinity), FormattableString.Invariant($"ClipNorm is {ClipNorm}: it must be above 0, or null for no clipping"));
        Require(Schedule is not null, "Schedule is null");
        Require(Enum.IsDefined(OnNonFinite), $"OnNonFinite is {OnNonFinite}");
        if (Optimizer is null) problems.Add("Optimizer is null");
        else Optimizer.Validate(problems);
        foreach (ParameterRule rule in Rules ?? [])
        {
            Require(rule.WeightDecay is null or (>= 0 and < double.PositiveInfinity), FormattableString.Invariant($"the rule '{rule.Pattern}' has weight decay {rule.WeightDecay}: it must be finite and not negative"));
            Require(rule.LearningRateScale is null or (>= 0 and < double.PositiveInfinity), FormattableString.Invariant($"the rule '{rule.Pattern}' has learning-rate scale {rule.LearningRateScale}: it must be finite and not negative"));
            if (!plan.Parameters.Any(info => rule.Matches(info.Name)))
                problems.Add($"the rule '{rule.Pattern}' matches no parameter. {NearNames.Suggest(rule.Pattern, [.. plan.Parameters.Select(info => info.Name)])}");
        }

        if (problems.Count > 0)
            throw new ArgumentException($"These trainer options do not work for model '{plan.Name}': {string.Join("; ", problems)}.");

        void Require(bool condition, string problem)
        {
            if (!condition) problems.Add(problem);
        }
    }
}
