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

/// <summary>A source of such batches; its position is the number of the next one.</summary>
internal sealed class PatternBatches(int batch, int time, int vocabulary) : IBatchSource
{
    public int Batch => batch;

    public int Time => time;

    public long Position { get; set; }

    public void Next(Span<int> inputs, Span<int> targets)
    {
        (int[] i, int[] t) = Tokens.Batch(inputs.Length, vocabulary, (int)Position++);
        i.CopyTo(inputs);
        t.CopyTo(targets);
    }

    public string SavePosition() => $"at {Position}";

    public void RestorePosition(string saved)
    {
        if (!saved.StartsWith("at ", StringComparison.Ordinal)) throw new InvalidDataException($"'{saved}' is no position.");
        Position = long.Parse(saved.AsSpan(3), System.Globalization.CultureInfo.InvariantCulture);
    }
}

/// <summary>Single sequences of three zeros; the first batches count no target.</summary>
internal sealed class UncountedBatches(int first) : IBatchSource
{
    private int position;

    public int Batch => 1;

    public int Time => 3;

    public void Next(Span<int> inputs, Span<int> targets)
    {
        inputs.Clear();
        targets.Fill(position++ < first ? -1 : 0);
    }

    public string SavePosition() => "";

    public void RestorePosition(string saved) => position = 0;
}
