using System.Diagnostics;

namespace ModelDsl;

public sealed partial class Trainer
{
    /// <summary>
    /// Trains until a step, for a time or until cancelled. Cancellation is an end like the others and not an exception: the current
    /// step is finished, a consistent checkpoint written, and the result says so.
    /// </summary>
    /// <param name="source">The batches; each step draws <see cref="TrainerOptions.GradientAccumulation"/> of them.</param>
    /// <param name="options">When to end, checkpoints and progress.</param>
    /// <param name="cancellation">Ends the run after the current step.</param>
    /// <exception cref="ArgumentException">The options do not work, or batches of the source are larger than the trainer's capacities.</exception>
    /// <exception cref="NonFiniteException">See <see cref="Step(ReadOnlySpan{int}, ReadOnlySpan{int})"/>; no checkpoint is written then, and the source is where it was before the step.</exception>
    /// <exception cref="IOException">A checkpoint cannot be written; the last one is unchanged.</exception>
    public RunResult Run(IBatchSource source, RunOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        CheckCapacity(source);
        int draws = Options.GradientAccumulation, size = source.Batch * source.Time;
        int[] inputs = new int[draws * size], targets = new int[draws * size];
        long first = CurrentStep, started = Stopwatch.GetTimestamp(), saved = -1;
        StepReport last = default;
        RunEnd end;
        while (true)
        {
            if (cancellation.IsCancellationRequested) end = RunEnd.Cancelled;
            else if (CurrentStep >= options.Steps) end = RunEnd.Steps;
            else if (Stopwatch.GetElapsedTime(started) >= options.Duration) end = RunEnd.Duration;
            else
            {
                string position = source.SavePosition();
                try
                {
                    for (int draw = 0; draw < draws; draw++) source.Next(inputs.AsSpan(draw * size, size), targets.AsSpan(draw * size, size));
                    last = Step(inputs, targets, draws * source.Batch, source.Time);
                }
                catch (Exception failure)
                {
                    PutBack(source, position, failure);
                    throw;
                }

                options.Progress?.Report(last);
                if (options.CheckpointInterval > 0 && CurrentStep % options.CheckpointInterval == 0) Save();
                continue;
            }

            // A run that was cancelled before it did anything must not replace what is there.
            if (options.CheckpointPath is not null && saved != CurrentStep && !(end == RunEnd.Cancelled && CurrentStep == first)) Save();
            return new RunResult(end, CurrentStep - first, last);
        }

        void Save()
        {
            SaveCheckpoint(options.CheckpointPath!, source);
            saved = CurrentStep;
        }
    }

    // To the position of CurrentStep, from which the caller may go on.
    private static void PutBack(IBatchSource source, string position, Exception failure)
    {
        try
        {
            source.RestorePosition(position);
        }
        catch (Exception second)
        {
            throw new AggregateException("A step failed, and the source of its batches could not be put back.", failure, second);
        }
    }

    /// <summary>The mean loss over the next batches of a source, whose position is put back afterwards.</summary>
    /// <param name="source">The batches.</param>
    /// <param name="batches">How many.</param>
    /// <param name="cancellation">Asked before each batch.</param>
    /// <exception cref="ArgumentException">Batches of the source are larger than the trainer's capacities, or no target of any is counted.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Evaluation Evaluate(IBatchSource source, int batches, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batches);
        CheckCapacity(source);
        string position = source.SavePosition();
        int[] inputs = new int[source.Batch * source.Time], targets = new int[inputs.Length];
        double sum = 0;
        long counted = 0;
        try
        {
            for (int i = 0; i < batches; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                source.Next(inputs, targets);
                (double losses, int targetsCounted) = SumOfLosses(inputs, targets, source.Batch, source.Time);
                sum += losses;
                counted += targetsCounted;
            }
        }
        finally
        {
            source.RestorePosition(position);
        }

        if (counted == 0) throw new ArgumentException($"Every target of {batches} batches is negative: there is no loss to take the mean of.", nameof(source));
        return new Evaluation(sum / counted, counted);
    }

    private void CheckCapacity(IBatchSource source)
    {
        if (source.Batch < 1 || source.Batch > batch || source.Time < 1 || source.Time > sequence)
        {
            throw new ArgumentException(
                $"The source's batches are {source.Batch} sequences of {source.Time} positions; this trainer takes up to {batch} (TrainerOptions.Batch) of up to {sequence} (TrainerOptions.Sequence).", nameof(source));
        }
    }
}
