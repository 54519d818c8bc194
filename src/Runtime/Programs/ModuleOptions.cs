using ModelDsl.Programs;
using ModelDsl.Threading;

namespace ModelDsl;

/// <summary>Capacities of a <see cref="ModelModule"/>.</summary>
public sealed record ModuleOptions
{
    /// <summary>Most sequences of a run; memory grows with it.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Most positions of a sequence; the model's context when null.</summary>
    public int? Sequence { get; init; }

    /// <summary>Number of threads, at most <see cref="TrainerOptions.MostThreads"/>; 0 for one a processor. Results do not depend on it.</summary>
    public int Threads { get; init; }

    internal int SequenceOf(ModelPlan plan) => Sequence ?? plan.Context;

    internal void Validate(ModelPlan plan)
    {
        List<string> problems = [];
        int sequence = SequenceOf(plan);
        Require(Batch >= 1, $"Batch is {Batch}: it must be at least 1");
        Require(sequence >= 1 && sequence <= plan.Context, $"Sequence is {sequence}: it must be from 1 to the model's context, {plan.Context}");
        long floats = (long)Batch * sequence * Math.Max(plan.OutputColumns, plan.Width);
        Require(floats <= int.MaxValue, $"Batch × Sequence × columns is {floats}: inputs and outputs are spans of at most {int.MaxValue}");
        Require(WorkerPool.IsAllowed(Threads), $"Threads is {Threads}: {WorkerPool.Rule}");
        if (problems.Count > 0)
            throw new ArgumentException($"These module options do not work for model '{plan.Name}': {string.Join("; ", problems)}.");

        void Require(bool condition, string problem)
        {
            if (!condition) problems.Add(problem);
        }
    }
}
