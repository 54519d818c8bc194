using ModelDsl.Programs;
using ModelDsl.Threading;

namespace ModelDsl;

/// <summary>How a decoder decodes.</summary>
public sealed record DecoderOptions
{
    /// <summary>Sequences that are decoded at once; each has caches of its own.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Positions a sequence can hold: memory grows with it. The model's context when null, and never more.</summary>
    public int? Context { get; init; }

    /// <summary>
    /// How far back <see cref="Decoder.Rewind(int)"/> may go from the furthest position a sequence has reached, start excepted.
    /// Null for as far as the caches reach by themselves, which is everything for caches of the whole context.
    /// </summary>
    public int? RewindWindow { get; init; }

    /// <summary>Most tokens of a prompt that are computed at once; memory grows with it.</summary>
    public int PrefillChunk { get; init; } = 256;

    /// <summary>
    /// How the decoder keeps matrices, the embedding table included. With <see cref="WeightFormat.Float32"/> it reads the model's parameters as they are at each call. With
    /// <see cref="WeightFormat.BFloat16"/> it rounds them to the nearest when it is made and owns the copy, which takes half the memory and, since decoding waits for
    /// weights, nearly half the time: the model may then be disposed, and later training does not change the decoder. Vectors (norms, biases), activations and
    /// sums stay 32-bit floats.
    /// </summary>
    public WeightFormat Weights { get; init; }

    /// <summary>Number of threads, at most <see cref="TrainerOptions.MostThreads"/>; 0 for one a processor. Results do not depend on it.</summary>
    public int Threads { get; init; }

    internal int ContextOf(ModelPlan plan) => Context ?? plan.Context;

    internal void Validate(ModelPlan plan)
    {
        List<string> problems = [];
        Require(Batch >= 1, $"Batch is {Batch}: it must be at least 1");
        Require(ContextOf(plan) >= 1 && ContextOf(plan) <= plan.Context, $"Context is {ContextOf(plan)}: it must be from 1 to the model's context, {plan.Context}");
        Require(RewindWindow is null or >= 0, $"RewindWindow is {RewindWindow}: it must be 0 or more, or null");
        Require(PrefillChunk >= 1, $"PrefillChunk is {PrefillChunk}: it must be at least 1");
        Require(WorkerPool.IsAllowed(Threads), $"Threads is {Threads}: {WorkerPool.Rule}");
        Require((long)Batch * plan.Vocabulary <= int.MaxValue, $"Batch × vocabulary is {(long)Batch * plan.Vocabulary}: a step returns at most {int.MaxValue} logits");
        Require(Enum.IsDefined(Weights), $"Weights is {Weights}: it must be {string.Join(" or ", Enum.GetNames<WeightFormat>())}");
        if (Weights != WeightFormat.Float32 && plan.Parameters.FirstOrDefault(info => info.Shape.Count == 1 && info.Offset > plan.MatrixOffset) is { } vector)
            Require(false, $"Weights is {Weights}, which needs all vectors before all matrices, but '{vector.Name}' lies behind one: generate the model's program anew with this version");
        if (problems.Count > 0)
            throw new ArgumentException($"These decoder options do not work for model '{plan.Name}': {string.Join("; ", problems)}.");

        void Require(bool condition, string problem)
        {
            if (!condition) problems.Add(problem);
        }
    }
}
