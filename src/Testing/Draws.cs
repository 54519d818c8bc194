namespace ModelDsl.Testing;

/// <summary>What a check draws: each has a stream of its own.</summary>
internal enum Drawn
{
    Parameters,
    Inputs,
    Directions,
}

/// <summary>Random inputs of checks.</summary>
internal static class Draws
{
    /// <summary>The stream of one use. From the seed alone all would begin with the same numbers, and directions would follow the parameters they change.</summary>
    public static Random Stream(int seed, Drawn use) => new(unchecked((int)(((uint)seed * 0x9E3779B9u) ^ (((uint)use + 1) * 0x85EBCA6Bu)) & int.MaxValue));

    /// <summary>Of mean 0 and variance 1 (Box and Muller).</summary>
    public static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    public static float[] Normals(Random random, int count)
    {
        float[] values = new float[count];
        foreach (ref float value in values.AsSpan()) value = (float)Normal(random);
        return values;
    }

    public static int[] Tokens(Random random, int count, int vocabulary)
    {
        int[] tokens = new int[count];
        foreach (ref int token in tokens.AsSpan()) token = random.Next(vocabulary);
        return tokens;
    }

    /// <summary>Tokens to be predicted, one in eight not counted; the first always is.</summary>
    public static int[] Targets(Random random, int count, int vocabulary)
    {
        int[] targets = Tokens(random, count, vocabulary);
        for (int i = 1; i < count; i++)
        {
            if (random.Next(8) == 0) targets[i] = -1;
        }

        return targets;
    }
}
