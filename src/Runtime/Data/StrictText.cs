using System.Text;

namespace ModelDsl.Data;

/// <summary>Opens text files so that bytes that are no characters are an error that says where, and not silently replaced.</summary>
internal static class StrictText
{
    private const int BufferBytes = 1 << 16;

    // By their marks; the mark of UTF-16 begins that of UTF-32.
    private static readonly Encoding[] Marked = [new UTF32Encoding(bigEndian: false, byteOrderMark: true), new UnicodeEncoding(bigEndian: false, byteOrderMark: true), new UnicodeEncoding(bigEndian: true, byteOrderMark: true), new UTF8Encoding(encoderShouldEmitUTF8Identifier: true)];

    /// <summary>Opens a file in the encoding of its mark, UTF-8 without one. Reading it throws an <see cref="InvalidDataException"/> at the first bytes that are no character.</summary>
    public static StreamReader Open(string path)
    {
        BlockStream stream = new(path);
        try
        {
            Span<byte> start = stackalloc byte[4];
            start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
            Encoding encoding = Marked[^1];
            int mark = 0;
            foreach (Encoding marked in Marked)
            {
                if (!start.StartsWith(marked.Preamble)) continue;
                (encoding, mark) = (marked, marked.Preamble.Length);
                break;
            }

            stream.Position = mark;
            Encoding strict = Encoding.GetEncoding(encoding.CodePage, EncoderFallback.ExceptionFallback, new Refusal(encoding.WebName.ToUpperInvariant(), stream));
            return new StreamReader(stream, strict, detectEncodingFromByteOrderMarks: false, BufferBytes);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>A file that knows where the block begins that was read last.</summary>
    private sealed class BlockStream(string path) : FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0)
    {
        public long Block { get; private set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            Block = Position;
            return base.Read(buffer, offset, count);
        }

        public override int Read(Span<byte> buffer)
        {
            Block = Position;
            return base.Read(buffer);
        }
    }

    private sealed class Refusal(string encoding, BlockStream stream) : DecoderFallback
    {
        public override int MaxCharCount => 0;

        public override DecoderFallbackBuffer CreateFallbackBuffer() => new Buffer(this);

        // The index counts from the last block, below 0 for what was left over from the one before; that of UTF-16 may miss a surrogate by its length.
        private InvalidDataException Fault(ReadOnlySpan<byte> bytes, int index)
            => new($"The corpus file '{stream.Name}' is not {encoding} text: see {Convert.ToHexString(bytes)} near byte {stream.Block + index}. Convert the file, or leave it out.");

        private sealed class Buffer(Refusal refusal) : DecoderFallbackBuffer
        {
            public override int Remaining => 0;

            public override bool Fallback(byte[] bytesUnknown, int index) => throw refusal.Fault(bytesUnknown, index);

            public override char GetNextChar() => '\0';

            public override bool MovePrevious() => false;
        }
    }
}
