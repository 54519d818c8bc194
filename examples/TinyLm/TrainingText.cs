using System.Diagnostics;
using System.Globalization;
using ModelDsl;

namespace TinyLmExample;

/// <summary>The corpus as byte tokens, in a part to train on and one to validate with.</summary>
internal sealed class TrainingText : IDisposable
{
    private const int ValidationShare = 20; // one part in so many

    private readonly TokenFile tokens;

    private TrainingText(TokenFile tokens)
    {
        this.tokens = tokens;
        (Training, Validation) = tokens.Split(1.0 / ValidationShare);
        BigramEntropy = ByteStatistics.BigramEntropy(Training, Validation);
    }

    /// <summary>The beginning.</summary>
    public TokenSource Training { get; }

    /// <summary>The end.</summary>
    public TokenSource Validation { get; }

    /// <summary>What a model that knows only the last byte scores on the validation part, in nats a byte.</summary>
    public double BigramEntropy { get; }

    /// <summary>Reads the corpus, writes its tokens to the output folder and says what it is.</summary>
    public static TrainingText Prepare(Settings settings, int context)
    {
        long started = Stopwatch.GetTimestamp();
        Corpus corpus = settings.Corpus is null ? Corpus.DotNetDocumentation() : Corpus.FromPath(settings.Corpus);
        Directory.CreateDirectory(settings.Output);
        TokenFile tokens = TokenFile.Create(settings.TokensPath, ByteTokenizer.Instance, corpus.Open());
        try
        {
            long least = (context + 1L) * ValidationShare;
            if (tokens.Count < least)
                throw new InvalidDataException(FormattableString.Invariant($"The corpus ({corpus.Name}) has {tokens.Count:N0} bytes of text: too few. A context of {context} bytes, with a part in {ValidationShare} kept to validate with, needs at least {least:N0}."));
            TrainingText text = new(tokens);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Corpus: {corpus.Name}, {corpus.Files.Count} files, {tokens.Count:N0} bytes of text ({Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s)"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {text.Training.Count:N0} bytes to train on, {text.Validation.Count:N0} to validate with"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  byte-bigram entropy {text.BigramEntropy:F4} nats a byte: what knowing only the last byte gives"));
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
