using System.Diagnostics;
using System.Globalization;
using ModelDsl;

namespace TinyLmExample;

/// <summary>The corpus as byte tokens, in a part to train on and one to validate with.</summary>
internal sealed class TrainingText : IDisposable
{
    private const int ValidationShare = 20; // one part in so many
    private const int ValidationWindows = 64; // of a validation, at most
    private const int MostNamed = 3;

    private readonly TokenFile tokens;

    private TrainingText(TokenFile tokens, int batch, int context, CancellationToken cancellation)
    {
        this.tokens = tokens;
        (Training, TokenSource end) = tokens.Split(1.0 / ValidationShare);
        Validation = new TokenBatches(end, batch, context);
        ValidationBatches = (int)Math.Max(Math.Min(ValidationWindows, Validation.Windows) / batch, 1);
        BigramEntropy = ByteStatistics.BigramEntropy(Training, Validation, ValidationBatches, cancellation);
    }

    /// <summary>The beginning.</summary>
    public TokenSource Training { get; }

    /// <summary>Batches drawn from all over the end: a validation takes the first <see cref="ValidationBatches"/>, so always the same bytes.</summary>
    public TokenBatches Validation { get; }

    /// <summary>Batches of a validation.</summary>
    public int ValidationBatches { get; }

    /// <summary>What a model that knows only the last byte scores on the bytes of a validation, in nats a byte.</summary>
    public double BigramEntropy { get; }

    /// <summary>Reads the corpus, writes its tokens to the output folder and says what it is.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static TrainingText Prepare(Settings settings, int context, CancellationToken cancellation)
    {
        long started = Stopwatch.GetTimestamp();
        Corpus corpus = settings.Corpus is null ? Corpus.DotNetDocumentation() : Corpus.FromPath(settings.Corpus, cancellation);
        TokenFile tokens = TokenFile.Create(settings.TokensPath, ByteTokenizer.Instance, corpus.Open(), cancellation);
        try
        {
            long least = (context + 1L) * ValidationShare;
            if (tokens.Count < least)
                throw new InvalidDataException(FormattableString.Invariant($"The corpus ({corpus.Name}) has {tokens.Count:N0} bytes of text: too few. A context of {context} bytes, with a part in {ValidationShare} kept to validate with, needs at least {least:N0}."));
            TrainingText text = new(tokens, settings.Batch, context, cancellation);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Corpus: {corpus.Name}, {corpus.Files.Count} files, {tokens.Count:N0} bytes of text ({Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s)"));
            if (corpus.Skipped.Count > 0) Console.WriteLine($"  passed over what is not text: {string.Join("; ", corpus.Skipped.Take(MostNamed))}{(corpus.Skipped.Count > MostNamed ? $"; and {corpus.Skipped.Count - MostNamed} more" : "")}");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {text.Training.Count:N0} bytes to train on, {text.Validation.Source.Count:N0} to validate with"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  byte-bigram entropy {text.BigramEntropy:F4} nats a byte, on the {Math.Min((long)text.ValidationBatches * settings.Batch, text.Validation.Windows) * context:N0} bytes that each validation takes: what knowing only the last byte gives"));
            return text;
        }
        catch
        {
            tokens.Dispose();
            throw;
        }
    }

    /// <summary>Closes the tokens.</summary>
    public void Dispose() => tokens.Dispose();
}
