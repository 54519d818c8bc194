namespace ModelDsl;

/// <summary>Turns text into token ids and back.</summary>
public interface ITokenizer
{
    /// <summary>Number of ids: tokens are 0 to <see cref="Vocabulary"/> − 1.</summary>
    int Vocabulary { get; }

    /// <summary>Appends the tokens of a text.</summary>
    void Encode(ReadOnlySpan<char> text, List<int> tokens);

    /// <summary>The text of some tokens; incomplete characters at its ends become U+FFFD.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary.</exception>
    string Decode(ReadOnlySpan<int> tokens);
}

/// <summary>Conveniences over <see cref="ITokenizer"/>.</summary>
public static class TokenizerExtensions
{
    /// <summary>The tokens of a text.</summary>
    public static int[] Encode(this ITokenizer tokenizer, ReadOnlySpan<char> text)
    {
        List<int> tokens = new(text.Length);
        tokenizer.Encode(text, tokens);
        return [.. tokens];
    }
}
