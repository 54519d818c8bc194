using ModelDsl.TorchReference;

namespace ModelDsl.Parity;

/// <summary>Whole models: initial loss, all gradients and the curve of 50 AdamW steps are those of the same model in TorchSharp.</summary>
public class TrainingTests
{
    private const int Batch = 3, Steps = 50;

    private static readonly AdamW Optimizer = new() { LearningRate = 3e-3, Beta1 = 0.9, Beta2 = 0.95, Epsilon = 1e-8, WeightDecay = 0.1 };

    [TorchTheory]
    [InlineData(40)]
    [InlineData(7)]
    [InlineData(1)]
    public void Gpt2(int time)
    {
        using TinyGpt2 model = TinyGpt2.Create(seed: 3);
        using Trainer trainer = model.CreateTrainer(new TrainerOptions { Batch = Batch, Sequence = time, Optimizer = Optimizer, ClipNorm = 1, Threads = 2 });
        Compare(model.Parameters, trainer, TransformerShape.Gpt2(width: 48, layers: 3, heads: 4, vocabulary: 101, context: 40), time);
    }

    [TorchTheory]
    [InlineData(48)]
    [InlineData(17)]
    [InlineData(1)]
    public void Llama(int time)
    {
        using TinyLlama model = TinyLlama.Create(seed: 3);
        using Trainer trainer = model.CreateTrainer(new TrainerOptions { Batch = Batch, Sequence = time, Optimizer = Optimizer, ClipNorm = 1, Threads = 2 });
        Compare(model.Parameters, trainer, TransformerShape.Llama(width: 40, layers: 2, heads: 4, keyValueHeads: 2, hidden: 100, vocabulary: 77, context: 48), time);
    }

    private static void Compare(ParameterCollection parameters, Trainer trainer, TransformerShape shape, int time)
    {
        using TorchTransformer reference = new(shape);
        Assert.Equal(reference.Parameters.Names.Order(), parameters.Names.Order());
        foreach (Parameter parameter in parameters) reference.Parameters.Set(parameter.Name, parameter.Values);
        using TorchTrainer peer = new(reference, Optimizer.LearningRate, Optimizer.Beta1, Optimizer.Beta2, Optimizer.Epsilon, Optimizer.WeightDecay) { ClipNorm = 1 };
        for (int step = 0; step < Steps; step++)
        {
            (int[] inputs, int[] targets) = Tokens(shape.Vocabulary, time, step % 5);
            if (step == 0)
            {
                double loss = reference.LossAndGradients(inputs, targets, Batch);
                Assert.Equal(loss, trainer.Evaluate(inputs, targets).Loss, 1e-5);
            }

            StepReport report = trainer.Step(inputs, targets);
            if (step == 0) CompareGradients(trainer.Parameters, reference.Parameters);
            double expected = peer.Step(inputs, targets, Batch);
            Assert.True(Math.Abs(expected - report.Loss) < 1e-3, $"step {step}: {report.Loss:F6}, TorchSharp {expected:F6}");
        }
    }

    private static void CompareGradients(ParameterCollection ours, TorchParameters reference)
    {
        double norm = Math.Sqrt(reference.Names.Sum(name => Math.Pow(Distance.Norm(reference.Gradient(name)), 2)));
        foreach (Parameter parameter in ours)
        {
            double deviation = Distance.Relative(parameter.Gradient, reference.Gradient(parameter.Name), floor: 1e-2 * norm);
            Assert.True(deviation < 1e-5, $"gradient of {parameter.Name} deviates by {deviation:E1}");
        }
    }

    // Markov text with some targets that are not counted.
    private static (int[] Inputs, int[] Targets) Tokens(int vocabulary, int time, int seed)
    {
        Random random = new(seed);
        int[] inputs = new int[Batch * time], targets = new int[Batch * time];
        int token = 1;
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i] = token;
            token = random.Next(4) == 0 ? random.Next(vocabulary) : (token * 7 + 3) % vocabulary;
            targets[i] = i % 5 == 3 ? -1 : token;
        }

        return (inputs, targets);
    }
}
