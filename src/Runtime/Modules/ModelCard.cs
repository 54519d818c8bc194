using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>What a model costs, as planned when it was compiled.</summary>
public sealed class ModelCard
{
    private readonly ModelPlan plan;

    /// <summary>Made by generated code.</summary>
    public ModelCard(ModelPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        this.plan = plan;
        Parameters = plan.Parameters.Sum(parameter => parameter.Length);
    }

    /// <summary>The model class's name.</summary>
    public string Name => plan.Name;

    /// <summary>Width of the residual stream.</summary>
    public int Width => plan.Width;

    /// <summary>Largest number of positions of a sequence.</summary>
    public int Context => plan.Context;

    /// <summary>Number of token ids, 0 for a model without an embedding.</summary>
    public int Vocabulary => plan.Vocabulary;

    /// <summary>Number of parameters; shared ones count once.</summary>
    public long Parameters { get; }

    /// <summary>FLOPs of a token's forward, a multiply-add counted as two, attention over the whole context included.</summary>
    public long ForwardFlopsPerToken => plan.ForwardFlopsPerToken;

    /// <summary>FLOPs of a token's training step: the backward costs two forwards; recomputation and the optimiser are not counted.</summary>
    public long TrainingFlopsPerToken => 3 * plan.ForwardFlopsPerToken;

    /// <summary>Bytes of keys, values and states that a decoder holds for each position of a sequence.</summary>
    public long CacheBytesPerToken => plan.CacheFloatsPerPosition * sizeof(float);

    /// <summary>Hash of the forward graph: checkpoints carry it.</summary>
    public string Fingerprint => plan.Fingerprint;

    /// <summary>Bytes of the parameters' memory.</summary>
    public long ParameterBytes => plan.ParameterFloats * sizeof(float);

    /// <summary>Bytes of a training's planned memory: parameters, gradients, optimiser slots and activations.</summary>
    /// <param name="batch">Sequences computed at once.</param>
    /// <param name="sequence">Positions of each.</param>
    /// <param name="optimizerSlots">Values the optimiser keeps for each parameter: 2 for AdamW.</param>
    public long TrainingBytes(int batch, int sequence, int optimizerSlots = 2)
        => checked(((2 + optimizerSlots) * plan.ParameterFloats + plan.ConstantFloats + Floats(plan.Train, batch, (long)batch * sequence)) * sizeof(float));

    /// <summary>Bytes of a decoder's planned memory beside the parameters: caches and activations of a step.</summary>
    /// <param name="batch">Sequences decoded at once.</param>
    /// <param name="positions">Positions the caches hold for each.</param>
    public long DecodingBytes(int batch, int positions)
        => checked((batch * (long)positions * plan.CacheFloatsPerPosition + Floats(plan.Decode, batch, batch)) * sizeof(float));

    /// <summary>The numbers in a line.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"{Name}: {Parameters:N0} parameters, width {Width}, context {Context}, {ForwardFlopsPerToken / 1e6:N1} MFLOP a token forward, {CacheBytesPerToken:N0} cache bytes a token");

    private static long Floats(ProgramPlan program, int batch, long rows)
        => program.FloatsPerRow * rows + program.FloatsPerSequence * batch + program.ConstantFloats;
}
