using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ModelDsl.Files;

namespace ModelDsl;

/// <summary>Writes a <see cref="TokenFile"/> as tokens come, in bounded memory. The file appears under its name on <see cref="Commit"/>; without it nothing remains.</summary>
public sealed class TokenFileWriter : IDisposable
{
    private const int BufferTokens = 1 << 18;
    private const int TextChunk = 1 << 16;

    private readonly DurableFile file;
    private readonly int vocabulary;
    private readonly int width;
    private readonly byte[] buffer;
    private int filled;
    private long position = TokenFile.HeaderBytes;

    /// <summary>Starts a file.</summary>
    /// <param name="path">The file to make or replace.</param>
    /// <param name="vocabulary">Number of ids; up to 65,536 a token takes 2 bytes, 4 above.</param>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public TokenFileWriter(string path, int vocabulary)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(vocabulary);
        this.vocabulary = vocabulary;
        width = vocabulary > 65536 ? 4 : 2;
        buffer = new byte[BufferTokens * width];
        file = new DurableFile(path);
    }

    /// <summary>Tokens written so far.</summary>
    public long Count { get; private set; }

    /// <summary>Appends tokens.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is outside the vocabulary.</exception>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public void Write(ReadOnlySpan<int> tokens)
    {
        for (int i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)vocabulary)
                throw new ArgumentOutOfRangeException(nameof(tokens), tokens[i], $"Token {i} is {tokens[i]}, outside the vocabulary of {vocabulary}.");
        }

        Count += tokens.Length;
        while (!tokens.IsEmpty)
        {
            if (filled == buffer.Length) Flush();
            Span<byte> room = buffer.AsSpan(filled);
            int count = Math.Min(tokens.Length, room.Length / width);
            if (width == 4)
            {
                MemoryMarshal.AsBytes(tokens[..count]).CopyTo(room);
            }
            else
            {
                Span<ushort> target = MemoryMarshal.Cast<byte, ushort>(room);
                for (int i = 0; i < count; i++) target[i] = (ushort)tokens[i];
            }

            filled += count * width;
            tokens = tokens[count..];
        }
    }

    /// <summary>
    /// Appends a text. It is tokenized in pieces that end at line ends (where a line is longer than 65,536 characters, at a space, or
    /// anywhere between two characters), so a tokenizer that looks across line ends may see the difference.
    /// </summary>
    /// <param name="text">The text, read to its end.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="cancellation">Asked before each piece.</param>
    /// <exception cref="IOException">The text cannot be read, or the disk is full or fails.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled: a part of the text is written.</exception>
    public void Write(TextReader text, ITokenizer tokenizer, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(tokenizer);
        char[] chunk = new char[TextChunk];
        List<int> tokens = [];
        int held = 0;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            int read = text.ReadBlock(chunk, held, chunk.Length - held);
            held += read;
            bool last = held < chunk.Length;
            int cut = last ? held : Cut(chunk);
            tokens.Clear();
            tokenizer.Encode(chunk.AsSpan(0, cut), tokens);
            Write(CollectionsMarshal.AsSpan(tokens));
            if (last) return;
            chunk.AsSpan(cut).CopyTo(chunk);
            held -= cut;
        }
    }

    /// <summary>Makes the file permanent.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public void Commit()
    {
        Flush();
        Span<byte> header = stackalloc byte[TokenFile.HeaderBytes];
        header.Clear();
        TokenFile.Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], width);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], vocabulary);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], Count);
        file.Write(header, 0);
        file.Commit();
    }

    /// <summary>Removes what was written unless it was committed.</summary>
    public void Dispose() => file.Dispose();

    private void Flush()
    {
        file.Write(buffer.AsSpan(0, filled), position);
        position += filled;
        filled = 0;
    }

    // Where a full chunk ends: after its last line end, else after its last space, else not inside a surrogate pair.
    private static int Cut(ReadOnlySpan<char> chunk)
    {
        int cut = chunk.LastIndexOf('\n') + 1;
        if (cut == 0) cut = chunk.LastIndexOf(' ') + 1;
        if (cut == 0) cut = char.IsHighSurrogate(chunk[^1]) ? chunk.Length - 1 : chunk.Length;
        return cut;
    }
}
