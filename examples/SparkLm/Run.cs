using ModelDsl;

namespace SparkLmExample;

/// <summary>One training from one seed.</summary>
/// <param name="Seed">Where parameters and the order of batches come from.</param>
/// <param name="Curve">Validation losses in nats a byte.</param>
/// <param name="Densities">The selected share of each layer that selects, step by step.</param>
/// <param name="StepTime">Median time of a step.</param>
internal sealed record Run(int Seed, IReadOnlyList<(long Step, double Loss)> Curve, IReadOnlyList<(long Step, string Layer, double Share)> Densities, TimeSpan StepTime)
{
    private const int Evaluations = 12;

    /// <summary>The last validation loss.</summary>
    public double Loss => Curve[^1].Loss;

    /// <summary>Trains a model.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static Run Of<TModel>(Settings settings, TrainingText text, int seed, Action<long, double> progress, CancellationToken cancellation) where TModel : ILanguageModel<TModel>
    {
        using TModel model = TModel.Create(seed);
        Widen(model.Parameters);
        using Trainer trainer = model.CreateTrainer(new TrainerOptions
        {
            Batch = settings.Batch,
            Sequence = TModel.Card.Context,
            Threads = settings.Threads,
            Seed = seed,
            Optimizer = new AdamW { LearningRate = settings.LearningRate, Beta2 = 0.95, WeightDecay = 0.1 },
            Schedule = LearningRateSchedule.WarmupCosine(Math.Min(50, settings.Steps / 10), settings.Steps, 0.05),
        });
        // The same seed draws the same batches for every variant.
        TokenBatches batches = new(text.Training, settings.Batch, TModel.Card.Context, seed);
        int[] inputs = new int[settings.Batch * TModel.Card.Context], targets = new int[inputs.Length];
        List<(long, double)> curve = [];
        List<(long, string, double)> densities = [];
        List<TimeSpan> times = [];
        long interval = Math.Max(settings.Steps / Evaluations, 1);
        for (long step = 1; step <= settings.Steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            batches.Next(inputs, targets);
            times.Add(trainer.Step(inputs, targets).Elapsed);
            if (step == 1 || step % interval == 0 || step == settings.Steps)
            {
                foreach (LayerDensity layer in trainer.Densities) densities.Add((step, layer.Layer, layer.Share));
                curve.Add((step, trainer.Evaluate(text.Validation, text.ValidationBatches, cancellation).Loss));
            }

            progress(step, curve[^1].Item2);
        }

        TimeSpan[] sorted = [.. times.Order()];
        return new Run(seed, curve, densities, sorted[sorted.Length / 2]);
    }

    // Sparse layers start their first matrices with a deviation of 1 / sqrt(columns); so must the baseline, or it would be the start that is compared.
    private static void Widen(ParameterCollection parameters)
    {
        foreach (Parameter parameter in parameters)
        {
            if (!parameter.Name.EndsWith(".Ffn.Gate.Weight", StringComparison.Ordinal) && !parameter.Name.EndsWith(".Ffn.Up.Weight", StringComparison.Ordinal)) continue;
            Span<float> values = parameter.Values;
            double squares = 0;
            foreach (float value in values) squares += (double)value * value;
            float factor = (float)Math.Sqrt(parameter.Shape[0] / squares);
            for (int i = 0; i < values.Length; i++) values[i] *= factor;
        }
    }
}
