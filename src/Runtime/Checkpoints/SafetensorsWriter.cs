using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using ModelDsl.Files;
using ModelDsl.Memory;

namespace ModelDsl;

/// <summary>
/// Collects tensors of 32-bit floats and text, and saves them as one safetensors file. The same content gives the same bytes,
/// in whatever order it was added: tensors and metadata are written in ordinal order of their names.
/// </summary>
/// <remarks>Values are not copied: they must stay unchanged until <see cref="Save"/> returns.</remarks>
public sealed unsafe class SafetensorsWriter
{
    private const int Alignment = 8;
    private const int LargestWrite = 16 << 20;

    private readonly SortedDictionary<string, Entry> entries = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> metadata = new(StringComparer.Ordinal);

    private readonly record struct Entry(int[] Shape, long Length, ReadOnlyMemory<float> Memory, F32 Values);

    /// <summary>Text to store beside the tensors, under <c>__metadata__</c>.</summary>
    public IDictionary<string, string> Metadata => metadata;

    /// <summary>Adds a tensor.</summary>
    /// <param name="name">Its name, unique in the file.</param>
    /// <param name="shape">Its extents, outermost first.</param>
    /// <param name="values">Its elements, row-major; as many as the product of the shape.</param>
    public void Add(string name, IReadOnlyList<int> shape, ReadOnlyMemory<float> values)
    {
        long length = Product(shape);
        if (length != values.Length)
            throw new ArgumentException($"Tensor '{name}' of shape [{string.Join(", ", shape)}] has {length} elements, {values.Length} were given.", nameof(values));
        Add(name, new Entry([.. shape], length, values, default));
    }

    /// <summary>Adds a tensor in unmanaged memory.</summary>
    /// <param name="name">Its name, unique in the file.</param>
    /// <param name="shape">Its extents, outermost first.</param>
    /// <param name="values">Its elements, row-major; as many as the product of the shape.</param>
    public void Add(string name, IReadOnlyList<int> shape, F32 values)
    {
        long length = Product(shape);
        if (values.IsNull && length > 0) throw new ArgumentException($"Tensor '{name}' has no values.", nameof(values));
        Add(name, new Entry([.. shape], length, default, values));
    }

    /// <summary>
    /// Writes the file beside <paramref name="path"/>, flushes it to the disk and renames it over the target: whatever happens, the
    /// target is the old version or the new one, whole.
    /// </summary>
    /// <param name="path">The target; its directory must exist.</param>
    /// <exception cref="IOException">The disk is full or fails; the message says so, and the old file is unchanged.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be written.</exception>
    public void Save(string path)
    {
        ArrayBufferWriter<byte> header = WriteHeader();
        if (header.WrittenCount - sizeof(ulong) > Checkpoints.SafetensorsHeader.LargestLength)
            throw new InvalidOperationException($"The header would take {header.WrittenCount} bytes, the format allows {Checkpoints.SafetensorsHeader.LargestLength}: store fewer tensors or shorter metadata.");
        long bytes = header.WrittenCount + entries.Values.Sum(entry => entry.Length * sizeof(float));
        using DurableFile file = new(path, bytes);
        file.Write(header.WrittenSpan, 0);
        long position = header.WrittenCount;
        foreach (Entry entry in entries.Values)
        {
            using MemoryHandle pin = entry.Memory.Pin();
            byte* source = entry.Values.IsNull ? (byte*)pin.Pointer : (byte*)entry.Values.Pointer;
            for (long done = 0, total = entry.Length * sizeof(float); done < total;)
            {
                int count = (int)Math.Min(LargestWrite, total - done);
                file.Write(new ReadOnlySpan<byte>(source + done, count), position);
                done += count;
                position += count;
            }
        }

        file.Commit();
    }

    private void Add(string name, Entry entry)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name == "__metadata__") throw new ArgumentException("'__metadata__' is reserved by the format.", nameof(name));
        if (!entries.TryAdd(name, entry)) throw new ArgumentException($"There is a tensor '{name}' already.", nameof(name));
    }

    private static long Product(IReadOnlyList<int> shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        long length = 1;
        foreach (int extent in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(extent, nameof(shape));
            length = checked(length * extent);
        }

        return checked(length * sizeof(float)) / sizeof(float);
    }

    private ArrayBufferWriter<byte> WriteHeader()
    {
        ArrayBufferWriter<byte> buffer = new();
        buffer.Write(stackalloc byte[sizeof(ulong)]);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__"u8);
                foreach ((string key, string value) in metadata) json.WriteString(key, value);
                json.WriteEndObject();
            }

            long offset = 0;
            foreach ((string name, Entry entry) in entries)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype"u8, "F32"u8);
                json.WriteStartArray("shape"u8);
                foreach (int extent in entry.Shape) json.WriteNumberValue(extent);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets"u8);
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset = checked(offset + entry.Length * sizeof(float)));
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (buffer.WrittenCount % Alignment != 0) buffer.Write(" "u8);
        Span<byte> written = MemoryMarshal.AsMemory(buffer.WrittenMemory).Span;
        BinaryPrimitives.WriteUInt64LittleEndian(written, (ulong)(buffer.WrittenCount - sizeof(ulong)));
        return buffer;
    }
}
