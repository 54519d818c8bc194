using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ModelDsl.Checkpoints;

/// <summary>
/// Reads and checks a safetensors header: 8 bytes of length, little-endian, then that much JSON, then the data. Nothing in it is
/// trusted; memory use is bounded by a small multiple of the header's own size.
/// </summary>
internal ref struct SafetensorsHeader
{
    /// <summary>The format's own limit on the header.</summary>
    public const int LargestLength = 100_000_000;

    private const int Prefix = sizeof(ulong);
    private const int MostDimensions = 64;
    private const string Rewrite = "The file is damaged or was not written by a safetensors writer: copy or save it again.";

    private readonly string path;
    private readonly long fileLength;
    private readonly Dictionary<string, SafetensorsTensor> tensors = new(StringComparer.Ordinal);
    private Dictionary<string, string>? metadata;
    private Utf8JsonReader reader;
    private long dataLength;

    private SafetensorsHeader(string path, long fileLength)
    {
        this.path = path;
        this.fileLength = fileLength;
    }

    /// <summary>Tensors in the order of their data.</summary>
    public SafetensorsTensor[] Tensors { get; private set; } = [];

    /// <summary>The file's <c>__metadata__</c>.</summary>
    public readonly IReadOnlyDictionary<string, string> Metadata => metadata ?? new Dictionary<string, string>();

    /// <summary>Where the data begins in the file.</summary>
    public long DataStart { get; private set; }

    /// <summary>Reads the header of a whole file in memory.</summary>
    /// <exception cref="SafetensorsException">Anything is wrong with it.</exception>
    public static unsafe SafetensorsHeader Read(string path, byte* file, long fileLength)
    {
        SafetensorsHeader header = new(path, fileLength);
        int length = header.ReadLength(file);
        header.DataStart = Prefix + length;
        header.dataLength = fileLength - header.DataStart;
        ReadOnlySpan<byte> json = new(file + Prefix, length);
        if (length == 0 || json[0] != (byte)'{') throw header.Fault(Prefix, "the header does not begin with '{'.");
        header.reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 4 });
        try
        {
            header.ReadEntries();
        }
        catch (JsonException exception)
        {
            throw header.Fault(Prefix + header.reader.BytesConsumed, $"the header is not valid JSON ({Reason(exception)})", exception);
        }
        catch (InvalidOperationException exception)
        {
            // A string that is not valid UTF-8, or an unpaired surrogate.
            throw header.Fault(header.Position, "the header holds text that is not valid UTF-8.", exception);
        }

        header.CheckLayout();
        return header;
    }

    private readonly long Position => Prefix + reader.TokenStartIndex;

    private readonly unsafe int ReadLength(byte* file)
    {
        if (fileLength < Prefix)
            throw Fault(0, $"the file has {fileLength} bytes; a safetensors file begins with an 8-byte header length.");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(file, Prefix));
        if (length > LargestLength)
            throw new SafetensorsException(path, 0, $"the header claims {length} bytes, the format allows {LargestLength}.", "Most likely this is not a safetensors file: check the path.");
        if (length > (ulong)(fileLength - Prefix))
            throw Fault(0, $"the header claims {length} bytes, the file has {fileLength - Prefix} after the length.");
        return (int)length;
    }

    private void ReadEntries()
    {
        Next(); // the opening brace
        bool seenMetadata = false;
        while (Next() == JsonTokenType.PropertyName)
        {
            long position = Position;
            string name = reader.GetString()!;
            if (name == "__metadata__")
            {
                if (seenMetadata) throw Fault(position, "'__metadata__' occurs twice.");
                seenMetadata = true;
                ReadMetadata();
                continue;
            }

            SafetensorsTensor tensor = ReadTensor(name);
            if (!tensors.TryAdd(name, tensor)) throw Fault(position, $"tensor {Quote(name)} is listed twice.");
        }

        // Reading on finds what may follow the closing brace: only white space.
        if (reader.Read()) throw Fault(Position, "there is more than one JSON value in the header.");
    }

    private void ReadMetadata()
    {
        Expect(JsonTokenType.StartObject, "'__metadata__' must be an object of strings");
        metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        while (Next() == JsonTokenType.PropertyName)
        {
            long position = Position;
            string key = reader.GetString()!;
            Expect(JsonTokenType.String, $"metadata {Quote(key)} must be a string");
            if (!metadata.TryAdd(key, reader.GetString()!)) throw Fault(position, $"metadata {Quote(key)} occurs twice.");
        }
    }

    private SafetensorsTensor ReadTensor(string name)
    {
        Expect(JsonTokenType.StartObject, $"the entry of tensor {Quote(name)} must be an object");
        long start = Position;
        SafetensorsType? type = null;
        List<long>? shape = null, offsets = null;
        while (Next() == JsonTokenType.PropertyName)
        {
            long position = Position;
            string key = reader.GetString()!;
            bool repeated = key switch { "dtype" => type is not null, "shape" => shape is not null, "data_offsets" => offsets is not null, _ => false };
            if (repeated) throw Fault(position, $"tensor {Quote(name)} has {Quote(key)} twice.");
            switch (key)
            {
                case "dtype":
                    Expect(JsonTokenType.String, $"'dtype' of tensor {Quote(name)} must be a string");
                    string text = reader.GetString()!;
                    type = SafetensorsTypes.Parse(text)
                        ?? throw new SafetensorsException(path, Position, $"tensor {Quote(name)} has the unknown element type {Quote(text)}.", "Known are BOOL, integers of 8 to 64 bits and floats of 4 to 64 bits: convert the tensor.");
                    break;
                case "shape":
                    shape = ReadNumbers(name, key, MostDimensions);
                    break;
                case "data_offsets":
                    offsets = ReadNumbers(name, key, 2);
                    break;
                default:
                    throw Fault(position, $"tensor {Quote(name)} has the unknown property {Quote(key)}.");
            }
        }

        string? missing = type is null ? "dtype" : shape is null ? "shape" : offsets is null ? "data_offsets" : null;
        if (missing is not null) throw Fault(start, $"tensor {Quote(name)} has no '{missing}'.");
        if (offsets!.Count != 2) throw Fault(start, $"tensor {Quote(name)} has {offsets.Count} data offsets; it takes 2, begin and end.");
        return Check(name, type!.Value, shape!, offsets[0], offsets[1], start);
    }

    private readonly SafetensorsTensor Check(string name, SafetensorsType type, List<long> shape, long begin, long end, long position)
    {
        string extents = $"[{string.Join(", ", shape)}]";
        if (begin > end) throw Fault(position, $"tensor {Quote(name)} begins at data byte {begin} and ends before it, at {end}.");
        if (end > dataLength)
            throw Fault(position, $"tensor {Quote(name)} ends at data byte {end}, the file has {dataLength} bytes of data: it is cut short by {(ulong)end - (ulong)dataLength} bytes.");
        long length = 1;
        foreach (long extent in shape)
        {
            if (length != 0 && extent > long.MaxValue / length) throw Fault(position, $"the shape {extents} of tensor {Quote(name)} has more elements than can be counted.");
            length *= extent;
        }

        int bits = type.Bits();
        UInt128 size = (UInt128)(ulong)length * (uint)bits;
        if (size % 8 != 0) throw Fault(position, $"tensor {Quote(name)}, {type} {extents}, does not fill whole bytes.");
        if (size / 8 != (ulong)(end - begin))
            throw Fault(position, $"tensor {Quote(name)}, {type} {extents}, takes {size / 8} bytes, its data offsets {begin} to {end} hold {end - begin}.");
        return new SafetensorsTensor(name, type, shape.ToArray(), length, begin, end - begin);
    }

    private List<long> ReadNumbers(string name, string key, int most)
    {
        Expect(JsonTokenType.StartArray, $"'{key}' of tensor {Quote(name)} must be an array of integers");
        List<long> numbers = [];
        while (Next() != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetUInt64(out ulong number) || number > long.MaxValue)
                throw Fault(Position, $"'{key}' of tensor {Quote(name)} holds {Quote(Encoding.UTF8.GetString(reader.ValueSpan[..Math.Min(reader.ValueSpan.Length, 200)]))}; only integers from 0 to {long.MaxValue} are allowed.");
            if (numbers.Count == most) throw Fault(Position, $"'{key}' of tensor {Quote(name)} has more than {most} numbers.");
            numbers.Add((long)number);
        }

        return numbers;
    }

    // The format allows neither holes nor overlaps: every byte of the data belongs to exactly one tensor.
    private void CheckLayout()
    {
        SafetensorsTensor[] ordered = [.. tensors.Values];
        Array.Sort(ordered, static (left, right) =>
        {
            int order = left.Offset.CompareTo(right.Offset);
            if (order == 0) order = left.ByteLength.CompareTo(right.ByteLength);
            return order != 0 ? order : string.CompareOrdinal(left.Name, right.Name);
        });
        long expected = 0;
        string previous = "the start of the data";
        foreach (SafetensorsTensor tensor in ordered)
        {
            if (tensor.Offset < expected)
                throw Fault(DataStart + tensor.Offset, $"tensor {Quote(tensor.Name)} begins at data byte {tensor.Offset} and overlaps {previous}, which ends at {expected}.");
            if (tensor.Offset > expected)
                throw Fault(DataStart + expected, $"there is a hole of {tensor.Offset - expected} bytes between {previous}, which ends at data byte {expected}, and tensor {Quote(tensor.Name)} at {tensor.Offset}.");
            expected = tensor.Offset + tensor.ByteLength;
            previous = $"tensor {Quote(tensor.Name)}";
        }

        if (expected != dataLength)
            throw Fault(DataStart + expected, $"the tensors end at data byte {expected}, the file has {dataLength} bytes of data: {dataLength - expected} belong to none.");
        Tensors = ordered;
    }

    private JsonTokenType Next()
    {
        // The whole header is there, so running out of it is an exception of the reader's own.
        reader.Read();
        return reader.TokenType;
    }

    private void Expect(JsonTokenType type, string rule)
    {
        if (Next() != type) throw Fault(Position, $"{rule}, found {Describe(reader.TokenType)}.");
    }

    private readonly SafetensorsException Fault(long position, string fault, Exception? inner = null) => new(path, position, fault, Rewrite, inner);

    private static string Reason(JsonException exception)
    {
        // The reader's own line and byte numbers are relative to the header and repeat the position.
        int cut = exception.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (cut < 0 ? exception.Message : exception.Message[..cut]).TrimEnd('.') + ".";
    }

    private static string Describe(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a truth value",
        JsonTokenType.Null => "null",
        _ => "the end of its parent",
    };

    /// <summary>A name from a file, fit for a message: of bounded length, control characters escaped.</summary>
    public static string Quote(string text)
    {
        const int Longest = 160;
        StringBuilder quoted = new("'");
        foreach (char character in text.AsSpan(0, Math.Min(text.Length, Longest)))
        {
            if (char.IsControl(character)) quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
            else quoted.Append(character);
        }

        if (text.Length > Longest) quoted.Append('…');
        return quoted.Append('\'').ToString();
    }
}
