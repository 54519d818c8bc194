using System.Globalization;
using ModelDsl.Testing;
using ModelDsl.Testing.Gradients;

namespace ModelDsl;

public static partial class ModelChecks
{
    /// <summary>
    /// Compares the gradients of every parameter, and of the inputs where they are activations, with differences of the forward pass
    /// (<see cref="IModel{TSelf}.CreateModule"/>), for random gradients of the outputs. For a block, put it into a model of its own.
    /// </summary>
    /// <remarks>
    /// Each tensor is changed along random directions; <see cref="TensorGradientReport"/> says what is measured and what is allowed. A gradient that is
    /// wrong by 5 % in one tensor fails. Takes about 130 forward passes a tensor.
    /// </remarks>
    /// <param name="model">The model; it is left as it was.</param>
    /// <param name="options">Sizes and seed.</param>
    /// <returns>What was measured.</returns>
    /// <exception cref="ModelCheckException">A gradient is wrong, not finite, or drowned in noise; the message names the worst tensor.</exception>
    public static GradientReport Gradients<T>(T model, CheckOptions? options = null) where T : IModel<T>
    {
        ModelCard card = T.Card;
        options = (options ?? new CheckOptions()).Validated(card);
        using BorrowedParameters borrowed = new(model.Parameters, options);
        using ModuleRun run = new(model.CreateModule(ModuleRun.Options(card, options)), card, options);
        float[] upstream = [];
        return GradientVerdict.Judge(card.Name, "forward pass", Value, Draw, options);

        double Value()
        {
            ReadOnlySpan<float> output = run.Forward();
            double sum = 0;
            for (int i = 0; i < output.Length; i++) sum += (double)output[i] * upstream[i];
            return sum;
        }

        (List<CheckedTensor> Tensors, double Resolution) Draw(int seed)
        {
            borrowed.Draw(seed);
            upstream = run.Draw(seed);
            double squares = 0;
            ReadOnlySpan<float> output = run.Forward();
            for (int i = 0; i < output.Length; i++) squares += Math.Pow((double)output[i] * upstream[i], 2);
            float[] inputGradient = run.Module.Backward(upstream).ToArray();
            List<CheckedTensor> tensors = [.. CheckedTensor.Of(run.Module.Parameters)];
            if (!run.Module.TakesTokens) tensors.Insert(0, new CheckedTensor("input", () => run.Activations, inputGradient));
            return (tensors, GradientVerdict.RoundingOfFloats * Math.Sqrt(squares));
        }
    }

    /// <summary>
    /// Compares the gradients that a training step computes with differences of the loss that <see cref="Trainer"/> evaluates: some targets not
    /// counted, two micro-batches where there are several sequences.
    /// </summary>
    /// <remarks>As <see cref="Gradients{T}"/>, about 130 evaluations a tensor.</remarks>
    /// <param name="model">The model; it is left as it was.</param>
    /// <param name="options">Sizes and seed.</param>
    /// <returns>What was measured.</returns>
    /// <exception cref="ModelCheckException">
    /// A gradient is wrong, not finite, or drowned in noise, or the step's loss is not the evaluated one; the message names the worst tensor.
    /// </exception>
    public static GradientReport LossGradients<T>(T model, CheckOptions? options = null) where T : ILanguageModel<T>
    {
        ModelCard card = T.Card;
        options = (options ?? new CheckOptions()).Validated(card);
        int batch = options.Batch, sequence = options.SequenceOf(card), rows = batch * sequence;
        using BorrowedParameters borrowed = new(model.Parameters, options);
        using Trainer trainer = model.CreateTrainer(options.Applied(card, new TrainerOptions
        {
            ClipNorm = null,
            Optimizer = new AdamW { LearningRate = 0 },
            OnNonFinite = NonFiniteAction.SkipUpdate,
        }));
        int[] inputs = [], targets = [];
        return GradientVerdict.Judge(card.Name, "loss", Value, Draw, options);

        double Value() => trainer.Evaluate(inputs, targets, batch, sequence).Loss;

        (List<CheckedTensor> Tensors, double Resolution) Draw(int seed)
        {
            borrowed.Draw(seed);
            Random random = Draws.Stream(seed, Drawn.Inputs);
            inputs = Draws.Tokens(random, rows, card.Vocabulary);
            targets = Draws.Targets(random, rows, card.Vocabulary);
            double loss = trainer.Step(inputs, targets, batch, sequence).Loss, evaluated = Value();
            if (Math.Abs(loss - evaluated) > 1e-5 * (1 + Math.Abs(evaluated)))
            {
                throw new ModelCheckException(CultureInfo.InvariantCulture,
                    $"The loss of a training step of '{card.Name}' is {loss:G9}, that of an evaluation of the same batch {evaluated:G9}: they are to "
                    + $"agree to 1e-5. The train and the evaluate program compute different functions (seed {seed}).");
            }

            // A mean of so many terms, each the logarithm of a sum of at least 1, minus a logit.
            double resolution = GradientVerdict.RoundingOfFloats * (1 + Math.Abs(evaluated)) / Math.Sqrt(targets.Count(target => target >= 0));
            return ([.. CheckedTensor.Of(trainer.Parameters)], resolution);
        }
    }
}
