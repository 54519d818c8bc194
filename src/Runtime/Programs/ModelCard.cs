using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>Bytes of native memory by purpose. Packing scratch of the machine's threads comes on top.</summary>
/// <param name="Parameters">Parameters and constant tables.</param>
/// <param name="Gradients">Gradients, the size of the parameters.</param>
/// <param name="Optimizer">Optimiser slots, each the size of the parameters.</param>
/// <param name="Activations">Saved activations and scratch that grow with batch and sequence.</param>
/// <param name="Scratch">Scratch that does not.</param>
/// <param name="Caches">Key/value caches and states of a decoder.</param>
public readonly record struct MemoryEstimate(long Parameters, long Gradients, long Optimizer, long Activations, long Scratch, long Caches)
{
    /// <summary>All of them.</summary>
    public long Total => Parameters + Gradients + Optimizer + Activations + Scratch + Caches;
}

/// <summary>What a model is and costs, known when it is compiled. <see cref="ToString()"/> is a page to print.</summary>
public sealed partial class ModelCard
{
    private readonly ModelPlan plan;

    /// <summary>The card of a plan.</summary>
    public ModelCard(ModelPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        this.plan = plan;
        Parameters = plan.Parameters.Sum(info => info.Length);
        ForwardFlopsPerToken = plan.Layers.Sum(layer => layer.ForwardFlopsPerToken);
    }

    /// <summary>The model class's name.</summary>
    public string Name => plan.Name;

    /// <summary>Largest number of positions of a sequence.</summary>
    public int Context => plan.Context;

    /// <summary>Width of the residual stream.</summary>
    public int Width => plan.Width;

    /// <summary>Number of token ids, 0 for a model without an embedding.</summary>
    public int Vocabulary => plan.Vocabulary;

    /// <summary>Elements of all parameters; a tied head counts once.</summary>
    public long Parameters { get; }

    /// <summary>Floating-point operations of a forward pass for a token, a multiply-add counted as two, attention over the whole context included.</summary>
    public long ForwardFlopsPerToken { get; }

    /// <summary>Floating-point operations of a training step for a token: three forward passes, recomputation not counted.</summary>
    public long TrainingFlopsPerToken => 3 * ForwardFlopsPerToken;

    /// <summary>Bytes a decoder keeps for each position of a sequence.</summary>
    public long CacheBytesPerToken => plan.CacheFloatsPerPosition * sizeof(float);

    /// <summary>What each layer costs, in order of declaration; the layers of a repeated block together, and the stack itself for the stream it holds.</summary>
    public IReadOnlyList<ModelCardLayer> Layers => plan.Layers;

    /// <summary>What the compiler computes together in a forward pass, a sentence each.</summary>
    public IReadOnlyList<string> Fusions => plan.Fusions;

    /// <summary>Memory of the model and a trainer.</summary>
    /// <param name="batch">Sequences of a micro-batch.</param>
    /// <param name="sequence">Positions of a sequence.</param>
    /// <param name="optimizerSlots">Floats the optimiser keeps for each parameter; 2 for AdamW.</param>
    public MemoryEstimate TrainingMemory(int batch, int sequence, int optimizerSlots = 2)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sequence);
        ArgumentOutOfRangeException.ThrowIfNegative(optimizerSlots);
        long rows = (long)batch * sequence;
        long arena = plan.ParameterFloats * sizeof(float);
        return Estimate(ArenaFloats.Of(plan.Train, rows, batch).Or(ArenaFloats.Of(plan.Evaluate, rows, batch)), arena, optimizerSlots * arena, 0);
    }

    /// <summary>Memory of a decoder and the parameters it reads: the model's, or its own where it rounds them, and the model may be disposed.</summary>
    /// <param name="batch">Sequences decoded at once.</param>
    /// <param name="positions">Positions each can hold; the context when null.</param>
    /// <param name="prefillChunk">Most tokens of a prompt computed at once.</param>
    /// <param name="weights">How the decoder keeps matrices.</param>
    public MemoryEstimate DecodingMemory(int batch = 1, int? positions = null, int prefillChunk = 256, WeightFormat weights = WeightFormat.Float32)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(prefillChunk);
        int held = positions ?? plan.Context;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(held, nameof(positions));
        ArenaFloats floats = ArenaFloats.Of(plan.Prefill, Math.Min(prefillChunk, held), 1).Or(ArenaFloats.Of(plan.Decode, batch, batch));
        MemoryEstimate estimate = Estimate(floats, 0, 0, checked(plan.CacheFloatsPerPosition * held * batch * sizeof(float)));
        return weights == WeightFormat.Float32 ? estimate : estimate with { Parameters = estimate.Parameters - (plan.ParameterFloats - plan.MatrixOffset) / 2 * sizeof(float) };
    }

    private MemoryEstimate Estimate(ArenaFloats floats, long gradients, long optimizer, long caches) => new(
        (plan.ParameterFloats + plan.ConstantFloats) * sizeof(float), gradients, optimizer,
        checked((floats.Activations + floats.Sequences) * sizeof(float)), floats.Scratch * sizeof(float), caches);
}
