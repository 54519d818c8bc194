using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using ModelDsl.Files;

namespace ModelDsl;

/// <summary>A file of token ids, mapped into memory: it may be larger than memory, and opening it reads nothing but its header.</summary>
/// <remarks>
/// Layout, little-endian: the 8 bytes <c>MDSLTOK1</c>; bytes per token (2 or 4) as a 32-bit integer; the vocabulary as one; the number of
/// tokens as a 64-bit integer; 8 zero bytes; the tokens.
/// </remarks>
public sealed unsafe class TokenFile : TokenSource, IDisposable
{
    internal const int HeaderBytes = 32;
    private readonly MappedFile map;
    private readonly string path;
    private readonly bool wide;

    private TokenFile(string path, MappedFile map)
    {
        this.path = path;
        this.map = map;
        if (map.Length < HeaderBytes) throw Fault($"it has {map.Length} bytes, a token file has at least {HeaderBytes}");
        ReadOnlySpan<byte> header = new(map.Pointer, HeaderBytes);
        if (!header.StartsWith(Magic)) throw Fault("it does not begin with 'MDSLTOK1'");
        int width = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        if (width is not (2 or 4)) throw Fault($"it claims {width} bytes a token; 2 and 4 are known");
        wide = width == 4;
        Vocabulary = BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
        if (Vocabulary <= 0 || width == 2 && Vocabulary > 65536) throw Fault($"it claims a vocabulary of {Vocabulary} in {width} bytes a token");
        Count = BinaryPrimitives.ReadInt64LittleEndian(header[16..]);
        long held = (map.Length - HeaderBytes) / width;
        if (Count != held || (map.Length - HeaderBytes) % width != 0) throw Fault($"it claims {Count} tokens, its {map.Length} bytes hold {held}");
    }

    /// <inheritdoc/>
    public override long Count { get; }

    /// <inheritdoc/>
    public override int Vocabulary { get; }

    internal static ReadOnlySpan<byte> Magic => "MDSLTOK1"u8;

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidDataException">It is not a token file, or is damaged.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static TokenFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        MappedFile map = new(path);
        try
        {
            return new TokenFile(path, map);
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    /// <summary>Tokenizes texts into a file, however large, and opens it. The file appears when it is complete.</summary>
    /// <param name="path">The file to make or replace.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="texts">The texts, read one after the other and disposed.</param>
    /// <param name="cancellation">Ends the work; a file that was there before is unchanged.</param>
    /// <exception cref="IOException">A text cannot be read, or the file cannot be written (disk full): a file that was there before is unchanged.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static TokenFile Create(string path, ITokenizer tokenizer, IEnumerable<TextReader> texts, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(texts);
        using (TokenFileWriter writer = new(path, tokenizer.Vocabulary))
        {
            foreach (TextReader text in texts)
            {
                using (text) writer.Write(text, tokenizer, cancellation);
            }

            cancellation.ThrowIfCancellationRequested();
            writer.Commit();
        }

        return Open(path);
    }

    /// <summary>Removes the map.</summary>
    public void Dispose() => map.Dispose();

    private protected override void ReadCore(long start, Span<int> target)
    {
        byte* data = map.Pointer + HeaderBytes;
        uint largest = 0;
        if (wide)
        {
            uint* source = (uint*)data + start;
            for (int i = 0; i < target.Length; i++) largest = Math.Max(largest, (uint)(target[i] = (int)Unsafe.ReadUnaligned<uint>(source + i)));
        }
        else
        {
            ushort* source = (ushort*)data + start;
            for (int i = 0; i < target.Length; i++) largest = Math.Max(largest, (uint)(target[i] = Unsafe.ReadUnaligned<ushort>(source + i)));
        }

        if (largest >= (uint)Vocabulary) throw OutsideIn(start, target);
    }

    private InvalidDataException OutsideIn(long start, ReadOnlySpan<int> tokens)
    {
        int index = 0;
        while ((uint)tokens[index] < (uint)Vocabulary) index++;
        return Outside(start + index, (uint)tokens[index]);
    }

    private InvalidDataException Fault(string reason) => new($"'{path}' is not a complete token file: {reason}. Make it again from the text.");
}
