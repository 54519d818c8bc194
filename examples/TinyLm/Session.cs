using System.Globalization;
using ModelDsl;

namespace TinyLmExample;

/// <summary>From a corpus to a trained model and the text it writes, for any language model over bytes.</summary>
internal static class Session<TModel> where TModel : ILanguageModel<TModel>
{
    /// <summary>Does it all.</summary>
    /// <returns>False when it was cancelled.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled before training began.</exception>
    public static bool Run(Settings settings, CancellationToken cancellation)
    {
        int context = TModel.Card.Context;
        using OutputFolder folder = OutputFolder.Take(settings);
        using TrainingText text = TrainingText.Prepare(settings, context, cancellation);
        Console.WriteLine();
        Console.WriteLine(TModel.Card.ToString(settings.Batch, context));
        Console.WriteLine();

        TokenBatches batches = new(text.Training, settings.Batch, context, settings.Seed);
        long steps = settings.Steps ?? Plan(settings, batches, cancellation);
        using TModel model = TModel.Create(settings.Seed);
        using Trainer trainer = model.CreateTrainer(Options(settings, context, steps));
        if (settings.Resume is { } checkpoint)
        {
            TrainingState state = Restore(trainer, batches, checkpoint);
            if (steps <= state.Step && steps > 0)
                throw new InvalidDataException($"The checkpoint '{checkpoint}' is of step {state.Step}, so training to step {steps} (--steps) is nothing to do: give --steps a number above {state.Step}, or 0 to train nothing and only write text.");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Continuing '{checkpoint}' after step {state.Step} ({state.Tokens:N0} bytes seen)"));
        }

        using Writer writer = new(model.CreateDecoder(new DecoderOptions { Threads = settings.Threads }), settings);
        writer.Write("before training", cancellation);

        RunLog log = new(trainer, text, steps, cancellation);
        IDisplay display = Displays.ForThisConsole();
        RunResult result;
        using (EarlierRun.Keep(settings))
        {
            result = display.During(() => trainer.Run(batches, new RunOptions
            {
                Steps = steps,
                CheckpointPath = settings.CheckpointPath,
                CheckpointInterval = Math.Max(steps / 4, 1),
                Progress = log.ShownBy(display),
            }, cancellation));
        }

        if (result.End == RunEnd.Cancelled && result.Steps == 0) throw new OperationCanceledException(cancellation);
        string curve = log.Training.Count > 0 && LossCurve.Save(log, settings.CurvePath) ? $", loss curve '{settings.CurvePath}'" : "";
        string written = string.Create(CultureInfo.InvariantCulture, $"at step {trainer.CurrentStep}: checkpoint '{settings.CheckpointPath}'{curve}");
        try
        {
            cancellation.ThrowIfCancellationRequested();
            double loss = log.Validate();
            writer.Write("after training", cancellation);
            Console.WriteLine($"Done {written}; to train on: {Again(settings, null)}");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Validation loss {loss:F4} nats a byte ({loss / Math.Log(2):F3} bits); byte-bigram entropy {text.BigramEntropy:F4}: {Compare(loss, text.BigramEntropy)}"));
            return true;
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine($"Cancelled {written}; to continue: {Again(settings, trainer.CurrentStep < steps ? steps : null)}");
            return false;
        }
    }

    // With the same last step the schedule stays as it was.
    private static string Again(Settings settings, long? steps)
        => string.Join(' ', new[] { "--resume", settings.Continuation, steps is null ? "" : $"--steps {steps}" }.Where(part => part.Length > 0));

    // The model and the batches apart, so that the message about the batches can name the options they come from.
    private static TrainingState Restore(Trainer trainer, TokenBatches batches, string checkpoint)
    {
        TrainingState state = trainer.LoadCheckpoint(checkpoint);
        try
        {
            batches.RestorePosition(state.DataPosition ?? throw new InvalidDataException("It was saved without a data position."));
            return state;
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"The checkpoint '{checkpoint}' (--resume) cannot be continued with these options. {exception.Message} The text is --corpus and the seed --seed; without --resume a new training begins.", exception);
        }
    }

    private static TrainerOptions Options(Settings settings, int context, long steps) => new()
    {
        Batch = settings.Batch,
        Sequence = context,
        Threads = settings.Threads,
        Seed = settings.Seed,
        Optimizer = new AdamW { LearningRate = settings.LearningRate, Beta2 = 0.95, WeightDecay = 0.1 },
        Schedule = LearningRateSchedule.WarmupCosine(Math.Min(50, steps / 10), Math.Max(steps, 1), 0.05),
    };

    // The learning rate's schedule needs to know the number of steps, so the speed of this machine is measured first, on a model that
    // is thrown away.
    private static long Plan(Settings settings, TokenBatches batches, CancellationToken cancellation)
    {
        using TModel model = TModel.Create(settings.Seed);
        using Trainer trainer = model.CreateTrainer(Options(settings, TModel.Card.Context, 1));
        TokenBatches trial = new(batches.Source, batches.Batch, batches.Time, batches.Seed);
        if (settings.Resume is { } checkpoint) Restore(trainer, trial, checkpoint);
        long first = trainer.CurrentStep;
        TimeSpan step = Pace.Measure(trainer, trial, cancellation);
        long steps = Math.Max((long)(settings.Minutes * 60 / (step.TotalSeconds * RunLog.EvaluationOverhead)), 1);
        string again = first == 0 ? $"--steps {steps} repeats this run" : $"--steps {first + steps} and the same checkpoint to resume, if you keep a copy, repeat this run";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A step takes {step.TotalMilliseconds:F0} ms here: {steps} {(steps == 1 ? "step" : "steps")} for {settings.Minutes:0.####} {(settings.Minutes == 1 ? "minute" : "minutes")} ({again})"));
        return first + steps;
    }

    private static string Compare(double loss, double entropy) => loss < entropy
        ? string.Create(CultureInfo.InvariantCulture, $"{entropy - loss:F4} below it")
        : "not below it yet: train for longer";
}
