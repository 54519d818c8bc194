namespace ModelDsl;

/// <summary>When a training run ends and what it does on the way.</summary>
public sealed record RunOptions
{
    /// <summary>The step to end with, counted from the beginning of the training, so that a resumed run does the rest. Null for no such end.</summary>
    public long? Steps { get; init; }

    /// <summary>Wall-clock time after which no further step is begun. Null for no such end.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>The checkpoint file, written when the run ends, also by cancellation, and every <see cref="CheckpointInterval"/> steps. Null for none.</summary>
    public string? CheckpointPath { get; init; }

    /// <summary>Steps between checkpoints; 0 for one at the end only.</summary>
    public long CheckpointInterval { get; init; }

    /// <summary>Told of every step.</summary>
    public IProgress<StepReport>? Progress { get; init; }

    internal void Validate()
    {
        List<string> problems = [];
        Require(Steps is not null || Duration is not null, "neither Steps nor Duration is set: the run would not end");
        Require(Steps is null or >= 0, $"Steps is {Steps}: it must be 0 or more");
        Require(Duration is null || Duration >= TimeSpan.Zero, $"Duration is {Duration}: it must not be negative");
        Require(CheckpointInterval >= 0, $"CheckpointInterval is {CheckpointInterval}: it must be 0 (at the end only) or more");
        Require(CheckpointInterval == 0 || CheckpointPath is not null, "CheckpointInterval is set without CheckpointPath");
        if (problems.Count > 0) throw new ArgumentException($"These run options do not work: {string.Join("; ", problems)}.");

        void Require(bool condition, string problem)
        {
            if (!condition) problems.Add(problem);
        }
    }
}

/// <summary>Why a training run ended.</summary>
public enum RunEnd
{
    /// <summary><see cref="RunOptions.Steps"/> was reached.</summary>
    Steps,

    /// <summary><see cref="RunOptions.Duration"/> was over.</summary>
    Duration,

    /// <summary>It was cancelled, after a whole step.</summary>
    Cancelled,
}

/// <summary>How a training run ended.</summary>
/// <param name="End">Why.</param>
/// <param name="Steps">Steps that this run took.</param>
/// <param name="Last">The report of the last of them; default where there was none.</param>
public readonly record struct RunResult(RunEnd End, long Steps, StepReport Last);
