using System.Diagnostics;
using ModelDsl;

namespace TinyLmExample;

/// <summary>What a display shows.</summary>
internal readonly record struct Status(
    long Step, long Steps, double Loss, double? ValidationLoss, double BigramEntropy, double TokensPerSecond, double LearningRate, TimeSpan Elapsed, TimeSpan Left, bool Evaluated);

/// <summary>Follows a run: keeps its losses, validates now and then, and tells a display.</summary>
internal sealed class RunLog(Trainer trainer, TrainingText text, long steps, CancellationToken cancellation) : IProgress<StepReport>
{
    /// <summary>Validations cost about this factor of time.</summary>
    public const double EvaluationOverhead = 1.06;

    private const int Evaluations = 8;
    private const double LongestShown = 1e11; // seconds

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
    public double BigramEntropy => text.BigramEntropy;

    /// <summary>Chooses the display.</summary>
    public IProgress<StepReport> ShownBy(IDisplay shown)
    {
        display = shown;
        return this;
    }

    /// <summary>The validation loss of the model as it is now.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public double Validate()
    {
        if (validated.Count > 0 && validated[^1].Step == trainer.CurrentStep) return validated[^1].Loss;
        double loss = trainer.Evaluate(text.Validation, text.ValidationBatches, cancellation).Loss;
        validated.Add((trainer.CurrentStep, loss));
        return loss;
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
        bool evaluate = (value.Step % interval == 0 || value.Step == steps) && TryValidate();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        display?.Show(new Status(
            value.Step, steps, smoothed, validated.Count > 0 ? validated[^1].Loss : null, BigramEntropy, speed, value.LearningRate,
            elapsed, TimeSpan.FromSeconds(Math.Min(elapsed.TotalSeconds / (value.Step - first) * (steps - value.Step), LongestShown)), evaluate));
    }

    // A run must end with its checkpoint, so nothing may be thrown out of it.
    private bool TryValidate()
    {
        try
        {
            Validate();
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
