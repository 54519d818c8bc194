using System.Globalization;
using ModelDsl.Data;

namespace ModelDsl;

/// <summary>
/// Draws batches of windows from a token source: inputs, and the same window one token further as targets. Windows do not overlap, every one
/// is drawn once an epoch, in an order that depends only on the seed and the epoch; each epoch cuts the text at another place. Drawing
/// allocates nothing, and the position can be saved and restored.
/// </summary>
public sealed class TokenBatches : IBatchSource
{
    private const string PositionKey = "position";

    private readonly bool shuffle;
    private readonly ulong key;
    private readonly long slack;
    private long epoch = -1;
    private long offset;
    private Permutation order;
    private string? fingerprint;

    /// <summary>Creates a drawer of batches.</summary>
    /// <param name="source">The tokens.</param>
    /// <param name="batch">Windows in a batch.</param>
    /// <param name="time">Positions in a window.</param>
    /// <param name="seed">Decides the order.</param>
    /// <param name="shuffle">False to go through the text from its beginning, the same way each epoch: for validation.</param>
    /// <exception cref="InvalidDataException">There are fewer than <paramref name="time"/> + 1 tokens: not one window.</exception>
    public TokenBatches(TokenSource source, int batch, int time, int seed = 0, bool shuffle = true)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(time);
        if (source.Count <= time)
            throw new InvalidDataException($"There are {source.Count} tokens; a window of {time} positions and the token after it needs {time + 1L}. Use more text or a shorter sequence.");
        Source = source;
        this.shuffle = shuffle;
        Batch = batch;
        Time = time;
        Seed = seed;
        key = Permutation.Mix((ulong)(uint)seed);
        long whole = (source.Count - 1) / time;
        // One window is given up, if there are two, so that the others may start anywhere within a window's length.
        Windows = shuffle && whole > 1 ? whole - 1 : whole;
        slack = Math.Min(source.Count - 1 - Windows * time, time - 1);
    }

    /// <summary>The tokens.</summary>
    public TokenSource Source { get; }

    /// <summary>Windows in a batch.</summary>
    public int Batch { get; }

    /// <summary>Positions in a window.</summary>
    public int Time { get; }

    /// <summary>The seed.</summary>
    public int Seed { get; }

    /// <summary>Windows in an epoch.</summary>
    public long Windows { get; }

    /// <summary>Windows drawn so far. Setting it moves to any place; the batches from there on are those of an uninterrupted run.</summary>
    public long Position
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }

    /// <summary>Epochs drawn so far, with its fraction.</summary>
    public double Epochs => (double)Position / Windows;

    /// <summary>Draws the next batch.</summary>
    /// <param name="inputs">Batch × time token ids, window after window.</param>
    /// <param name="targets">As many: the token that follows each input.</param>
    public void Next(Span<int> inputs, Span<int> targets)
    {
        int length = checked(Batch * Time);
        if (inputs.Length != length || targets.Length != length)
            throw new ArgumentException($"A batch has {Batch} × {Time} = {length} tokens; room for {inputs.Length} inputs and {targets.Length} targets was given.");
        for (int row = 0; row < Batch; row++)
        {
            long start = Start(Position + row);
            Span<int> input = inputs.Slice(row * Time, Time), target = targets.Slice(row * Time, Time);
            Source.Read(start, input);
            Source.Read(start + 1, target);
        }

        Position += Batch;
    }

    /// <summary>
    /// The position as text, for a checkpoint's metadata, with what the batches depend on: seed, window length, order, and the tokens by their
    /// number and <see cref="TokenSource.Fingerprint"/>, which the first call computes.
    /// </summary>
    public string SavePosition() => string.Join(' ', Facts().Select(fact => $"{fact.Key}={fact.Value}").Prepend(string.Create(CultureInfo.InvariantCulture, $"{PositionKey}={Position}")));

    /// <summary>Continues from a saved position.</summary>
    /// <param name="saved">What <see cref="SavePosition"/> gave.</param>
    /// <exception cref="InvalidDataException">It is of other data, another seed or window length, so that the batches would not be the same.</exception>
    public void RestorePosition(string saved)
    {
        ArgumentNullException.ThrowIfNull(saved);
        Dictionary<string, string> facts = new(StringComparer.Ordinal);
        foreach (string fact in saved.Split(' '))
        {
            int equals = fact.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || !facts.TryAdd(fact[..equals], fact[(equals + 1)..])) throw new InvalidDataException($"'{saved}' is not a saved data position.");
        }

        if (!long.TryParse(facts.GetValueOrDefault(PositionKey), NumberStyles.None, CultureInfo.InvariantCulture, out long position))
            throw new InvalidDataException($"'{saved}' is not a saved data position.");
        List<string> differences = [.. Facts().Where(fact => facts.GetValueOrDefault(fact.Key) != fact.Value)
            .Select(fact => $"{fact.Name} is {fact.Value} here, {facts.GetValueOrDefault(fact.Key) ?? "not stored"} in the saved position")];
        if (differences.Count > 0)
        {
            throw new InvalidDataException($"The saved data position is of other data or settings: {string.Join("; ", differences)}. Continue with the text, seed and sequence length of that training.");
        }

        Position = position;
    }

    private IEnumerable<(string Key, string Name, string Value)> Facts() =>
    [
        ("seed", "the seed", Seed.ToString(CultureInfo.InvariantCulture)),
        ("time", "the window length", Time.ToString(CultureInfo.InvariantCulture)),
        ("tokens", "the number of tokens", Source.Count.ToString(CultureInfo.InvariantCulture)),
        ("text", "the fingerprint of the tokens", fingerprint ??= Source.Fingerprint()),
        ("shuffle", "shuffling (0 or 1)", shuffle ? "1" : "0"),
    ];

    private long Start(long window)
    {
        long current = window / Windows, index = window % Windows;
        if (!shuffle) return index * Time;
        if (current != epoch)
        {
            epoch = current;
            ulong draw = Permutation.Mix(key ^ Permutation.Mix((ulong)current));
            order = new Permutation(Windows, draw);
            offset = (long)(Permutation.Mix(draw) % (ulong)(slack + 1));
        }

        return offset + order[index] * Time;
    }
}
