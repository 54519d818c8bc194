namespace ModelDsl;

/// <summary>What can be predicted of a byte from the one before it: the figure that any language model should beat.</summary>
public static class ByteStatistics
{
    private const int Values = 256;
    private const int Chunk = 1 << 16;

    /// <summary>
    /// Empirical conditional entropy of a byte given the previous one, H = −Σ p(a, b) ln p(b | a), in nats a byte, from the pairs of the
    /// text itself: what a bigram model fitted to this very text scores on it.
    /// </summary>
    /// <returns>0 for fewer than two bytes.</returns>
    public static double BigramEntropy(ReadOnlySpan<byte> text)
    {
        long[] counts = new long[Values * Values];
        for (int i = 1; i < text.Length; i++) counts[text[i - 1] * Values + text[i]]++;
        return CrossEntropy(counts, counts, smoothing: 0);
    }

    /// <summary>
    /// Cross-entropy, in nats a byte, on <paramref name="validation"/> of the bigram model of <paramref name="training"/>:
    /// p(b | a) = (n(a, b) + 1/256) / (n(a) + 1), so that pairs never seen keep a small probability. It compares with a model's
    /// validation loss, since neither has seen the text.
    /// </summary>
    /// <param name="training">Bytes as tokens: a vocabulary of 256.</param>
    /// <param name="validation">Bytes as tokens: a vocabulary of 256.</param>
    /// <param name="cancellation">Ends the counting.</param>
    /// <returns>0 for fewer than two bytes to validate with.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static double BigramEntropy(TokenSource training, TokenSource validation, CancellationToken cancellation = default)
        => CrossEntropy(Count(training, cancellation), Count(validation, cancellation), smoothing: 1.0);

    /// <summary>
    /// The same on the very bytes of <see cref="Trainer.Evaluate(IBatchSource, int, CancellationToken)"/>: each counted target, given its input.
    /// The source is put back to where it was.
    /// </summary>
    /// <param name="training">Bytes as tokens: a vocabulary of 256.</param>
    /// <param name="validation">Batches of bytes.</param>
    /// <param name="batches">How many of them.</param>
    /// <param name="cancellation">Ends the counting.</param>
    /// <returns>0 where no target is counted.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static double BigramEntropy(TokenSource training, IBatchSource validation, int batches, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(validation);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batches);
        long[] model = Count(training, cancellation), text = new long[Values * Values];
        string position = validation.SavePosition();
        int[] inputs = new int[validation.Batch * validation.Time], targets = new int[inputs.Length];
        try
        {
            for (int batch = 0; batch < batches; batch++)
            {
                validation.Next(inputs, targets);
                for (int i = 0; i < inputs.Length; i++)
                {
                    if (targets[i] < 0) continue;
                    if ((uint)inputs[i] >= Values || targets[i] >= Values)
                        throw new InvalidDataException($"A byte has {Values} values; the batches hold token {inputs[i]} followed by {targets[i]}.");
                    text[inputs[i] * Values + targets[i]]++;
                }
            }
        }
        finally
        {
            validation.RestorePosition(position);
        }

        return CrossEntropy(model, text, smoothing: 1.0);
    }

    private static long[] Count(TokenSource source, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.Vocabulary != Values) throw new ArgumentException($"A byte has {Values} values; these tokens have a vocabulary of {source.Vocabulary}.", nameof(source));
        long[] counts = new long[Values * Values];
        int[] tokens = new int[Chunk];
        int previous = -1;
        for (long start = 0; start < source.Count; start += Chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            Span<int> chunk = tokens.AsSpan(0, (int)Math.Min(Chunk, source.Count - start));
            source.Read(start, chunk);
            foreach (int token in chunk)
            {
                if (previous >= 0) counts[previous * Values + token]++;
                previous = token;
            }
        }

        return counts;
    }

    private static double CrossEntropy(long[] model, long[] text, double smoothing)
    {
        double sum = 0;
        long pairs = 0;
        for (int first = 0; first < Values; first++)
        {
            ReadOnlySpan<long> seen = model.AsSpan(first * Values, Values), wanted = text.AsSpan(first * Values, Values);
            double total = smoothing;
            foreach (long count in seen) total += count;
            for (int second = 0; second < Values; second++)
            {
                if (wanted[second] == 0) continue;
                sum -= wanted[second] * Math.Log((seen[second] + smoothing / Values) / total);
                pairs += wanted[second];
            }
        }

        return pairs == 0 ? 0 : sum / pairs;
    }
}
