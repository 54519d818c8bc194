namespace TinyLmExample;

/// <summary>What the command line asks for.</summary>
internal sealed record Settings
{
    /// <summary>A text file or folder; null for the documentation of the .NET SDK.</summary>
    public string? Corpus { get; init; }

    /// <summary>Time to train for, where <see cref="Steps"/> is null.</summary>
    public double Minutes { get; init; }

    /// <summary>The step to end with, counted from the very beginning.</summary>
    public long? Steps { get; init; }

    /// <summary>A name of <see cref="Sizes.All"/>.</summary>
    public required string Size { get; init; }

    /// <summary>The checkpoint to continue from; null to start anew.</summary>
    public string? Resume { get; init; }

    /// <summary>The options that, given again with <c>--resume</c>, continue this run.</summary>
    public required string Continuation { get; init; }

    /// <summary>Whether it continues from the very file it writes.</summary>
    public bool ContinuesInPlace => Resume is not null && Path.GetFullPath(Resume) == Path.GetFullPath(CheckpointPath);

    /// <summary>Seed of parameters, batches and samples.</summary>
    public int Seed { get; init; }

    /// <summary>Threads; 0 for one a processor.</summary>
    public int Threads { get; init; }

    /// <summary>The folder for everything that is written.</summary>
    public required string Output { get; init; }

    /// <summary>What generated text begins with.</summary>
    public required string Prompt { get; init; }

    /// <summary>Sequences of a step.</summary>
    public int Batch { get; init; }

    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; init; }

    /// <summary>The checkpoint this run writes.</summary>
    public string CheckpointPath => Path.Combine(Output, "checkpoint.safetensors");

    /// <summary>The loss curve this run writes.</summary>
    public string CurvePath => Path.Combine(Output, "loss.png");

    /// <summary>The corpus as tokens.</summary>
    public string TokensPath => Path.Combine(Output, "corpus.tokens");
}
