namespace ModelDsl.Programs;

/// <summary>What the compiler planned for a model.</summary>
public sealed class ModelPlan
{
    /// <summary>The model class's name.</summary>
    public required string Name { get; init; }

    /// <summary>Largest number of positions of a sequence.</summary>
    public required int Context { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int Width { get; init; }

    /// <summary>Number of token ids, 0 for a model without an embedding.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Columns of the module program's output: the width, or the vocabulary of a model with a head.</summary>
    public required int OutputColumns { get; init; }

    /// <summary>Hash of the forward graph's text form: what a checkpoint is checked against.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>All parameters, in order of declaration.</summary>
    public required IReadOnlyList<ParameterInfo> Parameters { get; init; }

    /// <summary>Floats of the parameter arena: all vectors, then all matrices, the weights of a fused product side by side, everything else on a cache line.</summary>
    public required long ParameterFloats { get; init; }

    /// <summary>Where in the parameter arena the first matrix starts, a parameter of two extents; its end where there is none.</summary>
    internal long MatrixOffset => Parameters.Where(info => info.Shape.Count > 1).Select(info => info.Offset).DefaultIfEmpty(ParameterFloats).Min();

    /// <summary>Floats of the constants arena.</summary>
    public required long ConstantFloats { get; init; }

    /// <summary>Floats of caches for each position a sequence holds.</summary>
    public required long CacheFloatsPerPosition { get; init; }

    /// <summary>The layers that select columns or keys, by name with the indices of their blocks, in the order of their counters.</summary>
    public IReadOnlyList<string> Selections { get; init; } = [];

    /// <summary>What each layer costs, in order of declaration.</summary>
    public IReadOnlyList<ModelCardLayer> Layers { get; init; } = [];

    /// <summary>What the compiler computes together, a sentence each, for <see cref="ModelCard"/>.</summary>
    public IReadOnlyList<string> Fusions { get; init; } = [];

    /// <summary>Memory of the train program.</summary>
    public ProgramPlan Train { get; init; }

    /// <summary>Memory of the evaluate program.</summary>
    public ProgramPlan Evaluate { get; init; }

    /// <summary>Memory of the prefill program.</summary>
    public ProgramPlan Prefill { get; init; }

    /// <summary>Memory of the decode program.</summary>
    public ProgramPlan Decode { get; init; }

    /// <summary>Memory of the module program.</summary>
    public ProgramPlan Module { get; init; }
}
