using System.Globalization;

namespace ModelDsl;

/// <summary>What one training step did.</summary>
public readonly record struct StepReport
{
    /// <summary>Number of the step, from 1; goes on after resuming.</summary>
    public long Step { get; init; }

    /// <summary>Mean cross-entropy of the step's counted targets in nats, before the update.</summary>
    public double Loss { get; init; }

    /// <summary>Euclidean norm of all gradients together, before clipping.</summary>
    public double GradientNorm { get; init; }

    /// <summary>Learning rate of the step: the optimiser's times the schedule's factor.</summary>
    public double LearningRate { get; init; }

    /// <summary>Input tokens of the step.</summary>
    public int Tokens { get; init; }

    /// <summary>Targets that were counted: not negative.</summary>
    public int Targets { get; init; }

    /// <summary>Input tokens of all steps so far, of resumed ones too.</summary>
    public long TotalTokens { get; init; }

    /// <summary>Wall-clock time of the step.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Input tokens a second of this step.</summary>
    public double TokensPerSecond => Elapsed > TimeSpan.Zero ? Tokens / Elapsed.TotalSeconds : 0;

    /// <summary>
    /// Null, or why the parameters were left as they were (<see cref="NonFiniteAction.SkipUpdate"/>): the name of the first
    /// parameter with a NaN or infinite gradient, or <c>loss</c> when only the loss is not finite.
    /// </summary>
    public string? NonFinite { get; init; }

    /// <summary>One line for a log.</summary>
    public override string ToString()
    {
        string line = string.Create(CultureInfo.InvariantCulture,
            $"step {Step}  loss {Loss:F4}  gradient {GradientNorm:G4}  learning rate {LearningRate:G4}  {TokensPerSecond:N0} tokens/s");
        return NonFinite is null ? line : $"{line}  skipped: {NonFinite} is not finite";
    }
}

/// <summary>The mean loss of a batch that was only evaluated.</summary>
/// <param name="Loss">Mean cross-entropy of the counted targets in nats.</param>
/// <param name="Targets">Targets that were counted: not negative. At least one: an evaluation without any is an error.</param>
public readonly record struct Evaluation(double Loss, long Targets)
{
    /// <summary>e to the loss.</summary>
    public double Perplexity => Math.Exp(Loss);
}

/// <summary>A loss or a gradient became NaN or infinite. The parameters and optimiser slots are as before the step.</summary>
public sealed class NonFiniteException : ArithmeticException
{
    internal NonFiniteException(StepReport report)
        : base(string.Create(CultureInfo.InvariantCulture, $"Step {report.Step} has loss {report.Loss} and gradient norm {report.GradientNorm}: ")
            + (report.NonFinite == "loss" ? "the loss is not finite. " : $"the gradient of '{report.NonFinite}' is not finite. ")
            + "The parameters are as before the step. A smaller learning rate, a longer warm-up or clipping usually helps; TrainerOptions.OnNonFinite = SkipUpdate passes over such steps.")
        => Report = report;

    /// <summary>The report of the step.</summary>
    public StepReport Report { get; }
}
