using Microsoft.ML.Tokenizers;

namespace ModelDsl;

/// <summary>Any tokenizer of Microsoft.ML.Tokenizers (byte-pair, tiktoken, SentencePiece, WordPiece ...) as an <see cref="ITokenizer"/>.</summary>
public sealed class TextTokenizer : ITokenizer
{
    private readonly Tokenizer inner;

    /// <summary>Wraps a tokenizer.</summary>
    /// <param name="inner">The tokenizer.</param>
    /// <param name="vocabulary">Number of its ids, special tokens included: the library's base class does not tell.</param>
    public TextTokenizer(Tokenizer inner, int vocabulary)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(vocabulary);
        this.inner = inner;
        Vocabulary = vocabulary;
    }

    /// <inheritdoc/>
    public int Vocabulary { get; }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The tokenizer made an id outside the vocabulary it was wrapped with.</exception>
    public void Encode(ReadOnlySpan<char> text, List<int> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        foreach (int token in inner.EncodeToIds(text))
        {
            if ((uint)token >= (uint)Vocabulary)
                throw new InvalidOperationException($"The tokenizer made the id {token}; it was wrapped with a vocabulary of {Vocabulary}. Wrap it with its full number of ids.");
            tokens.Add(token);
        }
    }

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)Vocabulary) throw new ArgumentOutOfRangeException(nameof(tokens), token, $"Token {token} is outside the vocabulary of {Vocabulary}.");
        }

        return inner.Decode(tokens.ToArray()) ?? "";
    }
}
