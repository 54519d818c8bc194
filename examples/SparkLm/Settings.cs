namespace SparkLmExample;

/// <summary>What the command line asks for.</summary>
internal sealed record Settings
{
    /// <summary>A text file or a folder of them; null for the documentation of the .NET SDK.</summary>
    public string? Corpus { get; init; }

    /// <summary>Steps of each training.</summary>
    public required long Steps { get; init; }

    /// <summary>Trainings of each variant, from seeds 1, 2, ...</summary>
    public required int Seeds { get; init; }

    /// <summary>Sequences of a step.</summary>
    public required int Batch { get; init; }

    /// <summary>Peak learning rate.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Threads, 0 for one a processor.</summary>
    public required int Threads { get; init; }

    /// <summary>Folder for tokens and plots.</summary>
    public required string Output { get; init; }
}
