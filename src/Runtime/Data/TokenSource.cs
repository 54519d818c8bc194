using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ModelDsl;

/// <summary>A sequence of token ids that can be read from any place: a file, an array, or a part of either.</summary>
public abstract class TokenSource
{
    private const int SampledBlocks = 256, SampledBlock = 4096;

    /// <summary>Number of tokens.</summary>
    public abstract long Count { get; }

    /// <summary>Number of ids: tokens are 0 to <see cref="Vocabulary"/> − 1.</summary>
    public abstract int Vocabulary { get; }

    /// <summary>Copies tokens; allocates nothing.</summary>
    /// <param name="start">Index of the first.</param>
    /// <param name="target">Filled completely.</param>
    /// <exception cref="ArgumentOutOfRangeException">Less than that is there.</exception>
    /// <exception cref="InvalidDataException">A stored token is outside the vocabulary.</exception>
    public void Read(long start, Span<int> target)
    {
        if (start < 0 || target.Length > Count - start)
            throw new ArgumentOutOfRangeException(nameof(start), start, $"Tokens {start} to {start + target.Length} were asked for, there are {Count}.");
        ReadCore(start, target);
    }

    /// <summary>A part of this sequence; shares its memory.</summary>
    public TokenSource Slice(long start, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count > Count - start) throw new ArgumentOutOfRangeException(nameof(count), count, $"Tokens {start} to {start + count} were asked for, there are {Count}.");
        return new TokenRange(this, start, count);
    }

    /// <summary>Cuts the sequence in two: the beginning to train on, the end to validate with. No token is in both.</summary>
    /// <param name="validation">The share of the end, above 0 and below 1.</param>
    public (TokenSource Training, TokenSource Validation) Split(double validation)
    {
        if (!(validation is > 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(validation), validation, "The share to validate with is above 0 and below 1.");
        long count = (long)Math.Ceiling(Count * validation);
        return (Slice(0, Count - count), Slice(Count - count, count));
    }

    /// <summary>
    /// 16 hexadecimal digits that tell texts apart: a hash of all tokens where they are 2<sup>20</sup> or fewer; of more, 256 blocks of 4,096 that
    /// lie evenly from the first to the last token, so that a file larger than memory costs 256 short reads. It is the same on every machine.
    /// A change between the blocks that keeps the number of tokens goes unnoticed.
    /// </summary>
    /// <exception cref="InvalidDataException">A stored token is outside the vocabulary.</exception>
    public string Fingerprint()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        int[] block = new int[SampledBlock];
        long most = (long)SampledBlocks * SampledBlock;
        for (int i = 0; i < SampledBlocks; i++)
        {
            long start = Count <= most ? (long)i * SampledBlock : (long)((Int128)(Count - SampledBlock) * i / (SampledBlocks - 1));
            if (start >= Count) break;
            Span<int> tokens = block.AsSpan(0, (int)Math.Min(SampledBlock, Count - start));
            Read(start, tokens);
            if (!BitConverter.IsLittleEndian) BinaryPrimitives.ReverseEndianness(tokens, tokens);
            hash.AppendData(MemoryMarshal.AsBytes(tokens));
        }

        return BinaryPrimitives.ReadUInt64BigEndian(hash.GetHashAndReset()).ToString("x16", CultureInfo.InvariantCulture);
    }

    /// <summary>Copies tokens of a range that has been checked.</summary>
    private protected abstract void ReadCore(long start, Span<int> target);

    private protected InvalidDataException Outside(long index, long token)
        => new($"Token {index} is {token}, outside the vocabulary of {Vocabulary}: the data is damaged or was made with another tokenizer.");

    private sealed class TokenRange(TokenSource source, long first, long count) : TokenSource
    {
        public override long Count => count;

        public override int Vocabulary => source.Vocabulary;

        private protected override void ReadCore(long start, Span<int> target) => source.ReadCore(first + start, target);
    }
}

/// <summary>Tokens in memory.</summary>
public sealed class TokenBuffer : TokenSource
{
    private readonly ReadOnlyMemory<int> tokens;

    /// <summary>Wraps tokens, which are not copied.</summary>
    /// <param name="tokens">The ids.</param>
    /// <param name="vocabulary">Number of ids.</param>
    /// <exception cref="InvalidDataException">A token is outside the vocabulary.</exception>
    public TokenBuffer(ReadOnlyMemory<int> tokens, int vocabulary)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(vocabulary);
        Vocabulary = vocabulary;
        this.tokens = tokens;
        ReadOnlySpan<int> span = tokens.Span;
        for (int i = 0; i < span.Length; i++)
        {
            if ((uint)span[i] >= (uint)vocabulary) throw Outside(i, span[i]);
        }
    }

    /// <inheritdoc/>
    public override long Count => tokens.Length;

    /// <inheritdoc/>
    public override int Vocabulary { get; }

    /// <summary>Tokenizes a text.</summary>
    public static TokenBuffer FromText(ReadOnlySpan<char> text, ITokenizer tokenizer) => new(tokenizer.Encode(text), tokenizer.Vocabulary);

    private protected override void ReadCore(long start, Span<int> target) => tokens.Span.Slice((int)start, target.Length).CopyTo(target);
}
