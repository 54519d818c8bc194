namespace ModelDsl;

/// <summary>
/// Chooses the next token from logits. The same options, logits and tokens give the same choices. Buffers grow
/// on the first call; after that sampling allocates nothing. Not thread-safe; use one a sequence.
/// </summary>
public sealed partial class Sampler
{
    private readonly int[] recent;
    private int observed;
    private float[] scaled = [];
    private float[] weights = [];
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
        if (scaled.Length < logits.Length) (scaled, weights, keys) = (new float[logits.Length], new float[logits.Length], new ulong[logits.Length]);
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
}
