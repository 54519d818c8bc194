using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace ModelDsl;

/// <summary>A token a byte of the text's UTF-8 form: 256 ids, nothing to train, no text it cannot express.</summary>
public sealed class ByteTokenizer : ITokenizer
{
    /// <summary>The only instance: it has no state.</summary>
    public static ByteTokenizer Instance { get; } = new();

    private ByteTokenizer() { }

    /// <inheritdoc/>
    public int Vocabulary => 256;

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<char> text, List<int> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        int count = Encoding.UTF8.GetBytes(text, bytes);
        int before = tokens.Count;
        CollectionsMarshal.SetCount(tokens, before + count);
        Span<int> added = CollectionsMarshal.AsSpan(tokens)[before..];
        for (int i = 0; i < added.Length; i++) added[i] = bytes[i];
        ArrayPool<byte>.Shared.Return(bytes);
    }

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> tokens)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(tokens.Length);
        for (int i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] > byte.MaxValue) throw new ArgumentOutOfRangeException(nameof(tokens), tokens[i], $"Token {i} is {tokens[i]}; bytes are 0 to 255.");
            bytes[i] = (byte)tokens[i];
        }

        string text = Encoding.UTF8.GetString(bytes, 0, tokens.Length);
        ArrayPool<byte>.Shared.Return(bytes);
        return text;
    }
}
