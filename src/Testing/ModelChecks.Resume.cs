using System.Globalization;
using ModelDsl.Testing;

namespace ModelDsl;

public static partial class ModelChecks
{
    /// <summary>
    /// Checks that a training of <paramref name="steps"/> steps, and one that is saved halfway and goes on in a new model and trainer, are
    /// equal bit for bit: losses, gradient norms, every parameter. Batches are drawn from <see cref="Trainer.Random"/>, whose state must come back, too.
    /// </summary>
    /// <param name="model">The model; it is left as it was.</param>
    /// <param name="training">Optimiser, schedule and whatever else you train with; Batch and Sequence are those of the check. AdamW with a short warm-up when null.</param>
    /// <param name="steps">Steps of the whole training, at least 2.</param>
    /// <param name="options">Sizes and seed.</param>
    /// <exception cref="ModelCheckException">The trainings differ; the message says where first. Or a loss or gradient is not finite.</exception>
    public static void ResumeIsExact<T>(T model, TrainerOptions? training = null, int steps = 8, CheckOptions? options = null) where T : ILanguageModel<T>
    {
        ModelCard card = T.Card;
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 2);
        options = (options ?? new CheckOptions()).Validated(card);
        training ??= new TrainerOptions { Optimizer = new AdamW { LearningRate = 1e-2 }, Schedule = LearningRateSchedule.WarmupCosine(2, steps) };
        training = options.Applied(card, training);
        int saved = steps / 2;
        using BorrowedParameters borrowed = new(model.Parameters, options);
        float[][] start = borrowed.Copy();
        List<StepReport> whole = [], parts = [];
        using (Trainer trainer = model.CreateTrainer(training)) Run(trainer, steps, whole);
        float[][] expected = borrowed.Copy();

        borrowed.Set(start);
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():n}.safetensors");
        try
        {
            using (Trainer trainer = model.CreateTrainer(training))
            {
                Run(trainer, saved, parts);
                trainer.SaveCheckpoint(path);
            }

            using T resumed = T.Create(unchecked(options.Seed + 1));
            using (Trainer trainer = resumed.CreateTrainer(training))
            {
                trainer.LoadCheckpoint(path);
                Run(trainer, steps - saved, parts);
            }

            CompareSteps(card.Name, whole, parts, saved);
            CompareParameters(card.Name, expected, resumed.Parameters, steps, saved);
        }
        finally
        {
            File.Delete(path);
        }

        void Run(Trainer trainer, int count, List<StepReport> reports)
        {
            int rows = options.Batch * options.SequenceOf(card);
            int[] inputs = new int[rows], targets = new int[rows];
            for (int step = 0; step < count; step++)
            {
                foreach (ref int token in inputs.AsSpan()) token = (int)trainer.Random.NextInteger(card.Vocabulary);
                foreach (ref int token in targets.AsSpan()) token = (int)trainer.Random.NextInteger(card.Vocabulary);
                try
                {
                    reports.Add(trainer.Step(inputs, targets, options.Batch, options.SequenceOf(card)));
                }
                catch (NonFiniteException exception)
                {
                    throw new ModelCheckException(CultureInfo.InvariantCulture,
                        $"The training of '{card.Name}' that was to be saved and resumed does not get that far. {exception.Message}");
                }
            }
        }
    }

    private static void CompareSteps(string model, List<StepReport> whole, List<StepReport> parts, int saved)
    {
        foreach ((StepReport one, StepReport other) in whole.Zip(parts))
        {
            (string Name, double One, double Other)[] numbers =
            [
                ("number", one.Step, other.Step), ("loss", one.Loss, other.Loss), ("gradient norm", one.GradientNorm, other.GradientNorm),
                ("learning rate", one.LearningRate, other.LearningRate), ("total tokens", one.TotalTokens, other.TotalTokens),
            ];
            if (Array.Find(numbers, number => !number.One.Equals(number.Other)) is not { Name: not null } differing) continue;
            string when = one.Step <= saved
                ? $"before anything was saved, so that the training itself does not repeat: something besides parameters, options and batches enters it"
                : $"after a checkpoint at step {saved} was loaded into a new model: something that the training depends on is not in the checkpoint";
            throw new ModelCheckException(CultureInfo.InvariantCulture,
                $"Training '{model}' twice differs at step {one.Step}, {when}. Its {differing.Name} is {differing.One:R} without and "
                + $"{differing.Other:R} with the interruption.");
        }
    }

    private static void CompareParameters(string model, float[][] expected, ParameterCollection resumed, int steps, int saved)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            ReadOnlySpan<float> values = resumed[i].Values;
            for (int j = 0; j < values.Length; j++)
            {
                if (BitConverter.SingleToInt32Bits(values[j]) == BitConverter.SingleToInt32Bits(expected[i][j])) continue;
                throw new ModelCheckException(CultureInfo.InvariantCulture,
                    $"A training of '{model}' that was saved at step {saved} and resumed has other parameters after step {steps} than the "
                    + $"uninterrupted one: '{resumed[i].Name}' has {values[j]:G9} at element {j} instead of {expected[i][j]:G9}, after equal losses. "
                    + $"The last update depends on something that is not in the checkpoint.");
            }
        }
    }
}
