using ModelDsl;

namespace SparkLmExample;

/// <summary>The corpus as byte tokens: nineteen parts to train on, one to validate with.</summary>
internal sealed class TrainingText : IDisposable
{
    private const double ValidationShare = 0.05;
    private const int ValidationWindows = 256;

    private readonly TokenFile tokens;

    private TrainingText(TokenFile tokens, Corpus corpus, int batch, int context)
    {
        this.tokens = tokens;
        Name = corpus.Name;
        (Training, TokenSource end) = tokens.Split(ValidationShare);
        Validation = new TokenBatches(end, batch, context);
        ValidationBatches = (int)Math.Max(Math.Min(ValidationWindows, Validation.Windows) / batch, 1);
    }

    /// <summary>What it is.</summary>
    public string Name { get; }

    /// <summary>Bytes of it.</summary>
    public long Bytes => tokens.Count;

    /// <summary>The beginning.</summary>
    public TokenSource Training { get; }

    /// <summary>Batches from all over the end; a validation takes the first <see cref="ValidationBatches"/>.</summary>
    public TokenBatches Validation { get; }

    /// <summary>Batches of a validation.</summary>
    public int ValidationBatches { get; }

    /// <summary>Reads the corpus and writes its tokens to the output folder.</summary>
    /// <exception cref="InvalidDataException">It is too short.</exception>
    public static TrainingText Prepare(Settings settings, int context, CancellationToken cancellation)
    {
        Corpus corpus = settings.Corpus is null ? Corpus.DotNetDocumentation() : Corpus.FromPath(settings.Corpus, cancellation);
        Directory.CreateDirectory(settings.Output);
        TokenFile tokens = TokenFile.Create(Path.Combine(settings.Output, "tokens.bin"), ByteTokenizer.Instance, corpus.Open(), cancellation);
        long least = (long)((context + 1) / ValidationShare);
        if (tokens.Count >= least) return new TrainingText(tokens, corpus, settings.Batch, context);
        long count = tokens.Count;
        tokens.Dispose();
        throw new InvalidDataException(FormattableString.Invariant($"The corpus ({corpus.Name}) has {count:N0} bytes of text: at least {least:N0} are needed, so that a twentieth is a context of {context} to validate with."));
    }

    /// <summary>Closes the tokens.</summary>
    public void Dispose() => tokens.Dispose();
}
