namespace ModelDsl;

/// <summary>
/// Chooses the next token from logits. The same options, logits and tokens give the same choices. Buffers grow
/// on the first call; after that sampling allocates nothing. Not thread-safe; use one a sequence.
/// </summary>
public sealed class Sampler
{
    private readonly int[] recent;
    private int observed;
    private double[] weights = [];
    private float[] scaled = [];
    private ulong[] keys = [];

    /// <summary>Creates a sampler.</summary>
    /// <exception cref="ArgumentException">The options make no sense; the message lists every reason.</exception>
    public Sampler(SamplerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        recent = new int[options.RepeatPenalty == 1 ? 0 : options.RepeatWindow];
        Random = new RandomSource((ulong)options.Seed);
    }

    /// <summary>A sampler that always takes the likeliest token.</summary>
    public static Sampler Greedy() => new(new SamplerOptions { Temperature = 0 });

    /// <summary>The options it was made with.</summary>
    public SamplerOptions Options { get; }

    /// <summary>Where its draws come from, one a token; its state can be saved.</summary>
    public RandomSource Random { get; }

    /// <summary>Tells of a token that was not sampled here, for the repeat penalty.</summary>
    public void Observe(int token)
    {
        if (recent.Length == 0) return;
        recent[observed++ % recent.Length] = token;
        if (observed == 2 * recent.Length) observed = recent.Length;
    }

    /// <summary>Tells of tokens that were not sampled here, in order.</summary>
    public void Observe(ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens[Math.Max(0, tokens.Length - recent.Length)..]) Observe(token);
    }

    /// <summary>Forgets all tokens; the draws go on.</summary>
    public void Forget() => observed = 0;

    /// <summary>Chooses a token.</summary>
    /// <param name="logits">A value for each token id; minus infinity excludes one.</param>
    /// <returns>The token id.</returns>
    /// <exception cref="ArgumentException">There are no logits, one is NaN, or none is finite.</exception>
    public int Sample(ReadOnlySpan<float> logits)
    {
        if (keys.Length < logits.Length) (keys, scaled, weights) = (new ulong[logits.Length], new float[logits.Length], new double[logits.Length]);
        Span<float> values = scaled.AsSpan(0, logits.Length);
        logits.CopyTo(values);
        Penalise(logits, values);
        int best = Largest(values);
        int token = Options.Temperature == 0 || float.IsPositiveInfinity(values[best]) ? best : Draw(values, values[best]);
        Observe(token);
        return token;
    }

    private void Penalise(ReadOnlySpan<float> logits, Span<float> values)
    {
        float penalty = (float)Options.RepeatPenalty;
        for (int i = 0; i < Math.Min(observed, recent.Length); i++)
        {
            // From the original logit, so that a token is penalised once however often it occurs.
            int token = recent[i];
            if ((uint)token < (uint)logits.Length) values[token] = logits[token] > 0 ? logits[token] / penalty : logits[token] * penalty;
        }
    }

    private static int Largest(ReadOnlySpan<float> logits)
    {
        int best = -1;
        float largest = float.NegativeInfinity;
        for (int i = 0; i < logits.Length; i++)
        {
            if (float.IsNaN(logits[i])) throw new ArgumentException($"Logit {i} of {logits.Length} is NaN: the model's parameters or activations are not finite.", nameof(logits));
            if (logits[i] > largest) (best, largest) = (i, logits[i]);
        }

        return best >= 0 ? best : throw new ArgumentException($"None of {logits.Length} logits is above minus infinity: there is no token to choose.", nameof(logits));
    }

    private int Draw(ReadOnlySpan<float> values, float largest)
    {
        // Sorted ascending, keys order tokens from likely to unlikely, equal ones by id.
        Span<ulong> candidates = keys.AsSpan(0, values.Length);
        for (int i = 0; i < values.Length; i++) candidates[i] = Key(values[i], i);
        if (Options.TopK > 0 && Options.TopK < candidates.Length)
        {
            Selection.Smallest(candidates, Options.TopK);
            candidates = candidates[..Options.TopK];
        }

        double total = 0;
        foreach (ulong candidate in candidates) total += weights[Token(candidate)] = Math.Exp((values[Token(candidate)] - largest) / Options.Temperature);
        if (Options.TopP < 1) candidates = Nucleus(candidates, ref total);

        double left = Random.NextDouble() * total;
        foreach (ulong candidate in candidates)
        {
            left -= weights[Token(candidate)];
            if (left < 0) return Token(candidate);
        }

        // Rounding of the sums left a little over: the last candidate that is possible at all.
        for (int i = candidates.Length - 1; ; i--)
        {
            if (weights[Token(candidates[i])] > 0) return Token(candidates[i]);
        }
    }

    private Span<ulong> Nucleus(Span<ulong> candidates, scoped ref double total)
    {
        // Lighter ones cannot belong to it: even all candidates of that weight together are less than what is left out. This saves
        // sorting the whole vocabulary.
        double cutoff = total * (1 - Options.TopP) / candidates.Length;
        int kept = 0;
        for (int i = 0; i < candidates.Length; i++)
        {
            if (weights[Token(candidates[i])] >= cutoff) candidates[kept++] = candidates[i];
        }

        candidates = candidates[..kept];
        candidates.Sort();
        double wanted = total * Options.TopP, sum = 0;
        int count = 0;
        while (count < candidates.Length && sum < wanted) sum += weights[Token(candidates[count++])];
        total = sum;
        return candidates[..count];
    }

    private static ulong Key(float value, int token)
    {
        int bits = BitConverter.SingleToInt32Bits(value + 0f);
        uint ascending = (uint)bits ^ (bits < 0 ? ~0u : 1u << 31);
        return (ulong)~ascending << 32 | (uint)token;
    }

    private static int Token(ulong key) => (int)(uint)key;
}
