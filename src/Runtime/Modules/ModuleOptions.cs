using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>How much a module can take at once.</summary>
public sealed record ModuleOptions
{
    /// <summary>Most sequences of a call.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Most positions of a sequence; the model's context when null.</summary>
    public int? Sequence { get; init; }

    /// <summary>Number of threads, 0 for one a processor. Results do not depend on it.</summary>
    public int Threads { get; init; }

    internal int SequenceOf(ModelPlan plan) => Sequence ?? plan.Context;

    internal void Validate(ModelPlan plan)
    {
        int sequence = SequenceOf(plan);
        if (Batch < 1) throw new ArgumentException($"Batch is {Batch}: it must be at least 1.");
        if (sequence < 1 || sequence > plan.Context) throw new ArgumentException($"Sequence is {sequence}: it must be from 1 to the model's context, {plan.Context}.");
        if (Threads < 0) throw new ArgumentException($"Threads is {Threads}: it must be 0 (one a processor) or more.");
        if ((long)Batch * sequence > int.MaxValue) throw new ArgumentException($"Batch × Sequence is {(long)Batch * sequence}: at most {int.MaxValue} rows are computed at once.");
    }
}
