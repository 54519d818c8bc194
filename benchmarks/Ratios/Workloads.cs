using ModelDsl.TorchReference;

namespace ModelDsl.Benchmarks.Ratios;

/// <summary>The two models that everybody trains and decodes.</summary>
internal static class Workloads
{
    /// <summary>Sequences and positions of a training step.</summary>
    public const int Batch = 8, Sequence = 256;

    /// <summary>AdamW's settings.</summary>
    public const double LearningRate = 3e-4, Beta1 = 0.9, Beta2 = 0.95, Epsilon = 1e-8, WeightDecay = 0.1, ClipNorm = 1;

    /// <summary>13.9 million parameters: GPT-2's shape with biases, tied head.</summary>
    public static TransformerShape Gpt2 { get; } = TransformerShape.Gpt2(width: 384, layers: 6, heads: 6, vocabulary: 8192, context: Sequence);

    /// <summary>110 million parameters: Llama's shape, tied head.</summary>
    public static TransformerShape Llama { get; } = TransformerShape.Llama(width: 768, layers: 12, heads: 12, keyValueHeads: 12, hidden: 2048, vocabulary: 32000, context: 1024, tied: true);

    /// <summary>Floating-point operations of a training step: 6N + 12·L·C·T a token; what a memory-saving backward computes again is not counted.</summary>
    public static double StepFlops(long parameters) => Batch * Sequence * (6.0 * parameters + 12.0 * 6 * 384 * Sequence);

    /// <summary>Inputs and targets of a step: a skewed Markov text, so that there is something to learn.</summary>
    public static (int[] Inputs, int[] Targets) Tokens(int step)
    {
        Random random = new(step);
        int[] inputs = new int[Batch * Sequence], targets = new int[Batch * Sequence];
        for (int row = 0; row < Batch; row++)
        {
            int token = random.Next(8192);
            for (int t = 0; t < Sequence; t++)
            {
                inputs[row * Sequence + t] = token;
                token = random.Next(4) == 0 ? (int)(8192 * Math.Pow(random.NextDouble(), 4)) : (token * 31 + 7) % 8192;
                targets[row * Sequence + t] = token;
            }
        }

        return (inputs, targets);
    }

    /// <summary>Gives a reference model our parameters; both name them alike.</summary>
    public static void Copy(ParameterCollection from, TorchParameters to)
    {
        if (!from.Names.Order().SequenceEqual(to.Names.Order())) throw new BenchmarkException("The reference model has other parameters than ours.");
        foreach (Parameter parameter in from) to.Set(parameter.Name, parameter.Values);
    }
}
