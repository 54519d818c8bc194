using System.Diagnostics;
using ModelDsl;

namespace TinyLmExample;

/// <summary>What a display shows.</summary>
internal readonly record struct Status(
    long Step, long Steps, double Loss, double? ValidationLoss, double BigramEntropy, double TokensPerSecond, double LearningRate, TimeSpan Elapsed, TimeSpan Left, bool Evaluated);

/// <summary>Follows a run: keeps its losses, validates now and then, and tells a display.</summary>
internal sealed class RunLog(Trainer trainer, TokenBatches validation, double bigramEntropy, long steps, CancellationToken cancellation) : IProgress<StepReport>
{
    /// <summary>Validations cost about this factor of time.</summary>
    public const double EvaluationOverhead = 1.04;

    private const int Evaluations = 20, EvaluationBatches = 2;

    private readonly long started = Stopwatch.GetTimestamp();
    private readonly long interval = Math.Max(steps / Evaluations, 1);
    private readonly long first = trainer.CurrentStep;
    private readonly List<(long Step, double Loss)> training = [], validated = [];
    private double smoothed, weight, speed;
    private IDisplay? display;

    /// <summary>Loss of every step.</summary>
    public IReadOnlyList<(long Step, double Loss)> Training => training;

    /// <summary>Validation losses.</summary>
    public IReadOnlyList<(long Step, double Loss)> Validation => validated;

    /// <summary>The figure to beat.</summary>
    public double BigramEntropy => bigramEntropy;

    /// <summary>Chooses the display.</summary>
    public IProgress<StepReport> ShownBy(IDisplay shown)
    {
        display = shown;
        return this;
    }

    /// <summary>Adds a validation loss measured elsewhere, in place of one of the same step.</summary>
    /// <returns>Whether there is anything to draw.</returns>
    public bool AddValidation(long step, double loss)
    {
        if (validated.Count > 0 && validated[^1].Step == step) validated.RemoveAt(validated.Count - 1);
        validated.Add((step, loss));
        return training.Count > 0;
    }

    /// <inheritdoc/>
    public void Report(StepReport value)
    {
        training.Add((value.Step, value.Loss));
        // Means of about the last twenty steps, right from the first.
        const double keep = 0.95;
        weight = weight * keep + 1;
        smoothed += (value.Loss - smoothed) / weight;
        speed += (value.TokensPerSecond - speed) / weight;
        bool evaluate = value.Step % interval == 0 && value.Step < steps && !cancellation.IsCancellationRequested;
        if (evaluate) AddValidation(value.Step, trainer.Evaluate(validation, EvaluationBatches).Loss);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        display?.Show(new Status(
            value.Step, steps, smoothed, validated.Count > 0 ? validated[^1].Loss : null, bigramEntropy, speed, value.LearningRate,
            elapsed, elapsed / (value.Step - first) * (steps - value.Step), evaluate));
    }
}
