namespace ModelDsl.Runtime.Tests.Training;

/// <summary>Token batches with a pattern to learn.</summary>
internal static class Tokens
{
    /// <summary>Mostly "the next token is the double of this one", a quarter noise.</summary>
    public static (int[] Inputs, int[] Targets) Batch(int count, int vocabulary, int seed)
    {
        Random random = new(seed);
        int[] inputs = new int[count], targets = new int[count];
        for (int i = 0; i < count; i++)
        {
            inputs[i] = random.Next(vocabulary);
            targets[i] = random.Next(4) == 0 ? random.Next(vocabulary) : 2 * inputs[i] % vocabulary;
        }

        return (inputs, targets);
    }
}
