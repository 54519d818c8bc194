using System.Diagnostics.CodeAnalysis;
using ModelDsl.Checkpoints;
using ModelDsl.Files;
using ModelDsl.Memory;
using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>
/// A safetensors file, mapped into memory and checked in full when opened, so that a hostile or damaged file is an exception and
/// never a crash. Data is read when it is copied.
/// </summary>
/// <remarks>Format: https://huggingface.co/docs/safetensors. Reading from several threads is safe; disposing while reading is not.</remarks>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private readonly MappedFile map;
    private readonly Dictionary<string, SafetensorsTensor> byName;
    private readonly long dataStart;

    private SafetensorsFile(string path, MappedFile map)
    {
        SafetensorsHeader header = SafetensorsHeader.Read(path, map.Pointer, map.Length);
        this.map = map;
        Path = path;
        Metadata = header.Metadata;
        Tensors = header.Tensors;
        dataStart = header.DataStart;
        byName = header.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <summary>The path it was opened with.</summary>
    public string Path { get; }

    /// <summary>The text stored beside the tensors, under <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>All tensors, in the order of their data.</summary>
    public IReadOnlyList<SafetensorsTensor> Tensors { get; }

    /// <summary>Opens and checks a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="SafetensorsException">The content is malformed: header length, JSON, types, shapes, offsets, holes, overlaps, truncation.</exception>
    /// <exception cref="IOException">The file cannot be opened (<see cref="FileNotFoundException"/> when there is none).</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or is a directory.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        MappedFile map = new(path);
        try
        {
            return new SafetensorsFile(path, map);
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    /// <summary>Finds a tensor by name.</summary>
    public bool TryGetTensor(string name, [NotNullWhen(true)] out SafetensorsTensor? tensor) => byName.TryGetValue(name, out tensor);

    /// <summary>Copies a tensor of type F32, F16 or BF16 as floats.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="target">As long as the tensor.</param>
    /// <exception cref="SafetensorsException">There is no such tensor, it has another length, or its type has no conversion.</exception>
    public void CopyTo(string name, Span<float> target)
    {
        fixed (float* pointer = target) CopyTo(name, new F32(pointer), target.Length);
    }

    /// <summary>Copies a tensor of type F32, F16 or BF16 as floats.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="target">Where to.</param>
    /// <param name="length">Floats there: as many as the tensor has.</param>
    /// <exception cref="SafetensorsException">There is no such tensor, it has another length, or its type has no conversion.</exception>
    public void CopyTo(string name, F32 target, nint length)
    {
        if (!byName.TryGetValue(name, out SafetensorsTensor? tensor))
        {
            string? near = NearNames.Find(name, byName.Keys, 1).FirstOrDefault();
            throw About($"'{Path}' has no tensor {SafetensorsHeader.Quote(name)}.{(near is null ? "" : $" The nearest name is {SafetensorsHeader.Quote(near)}.")}");
        }

        if (tensor.Length != length)
            throw About($"'{Path}': tensor {SafetensorsHeader.Quote(name)} has {tensor.Length} elements, {length} were asked for. Its shape is [{string.Join(", ", tensor.Shape)}].");
        byte* source = map.Pointer + dataStart + tensor.Offset;
        switch (tensor.Type)
        {
            case SafetensorsType.F32:
                Buffer.MemoryCopy(source, target.Pointer, tensor.ByteLength, tensor.ByteLength);
                break;
            case SafetensorsType.F16:
                Widening.FromF16(source, target.Pointer, length);
                break;
            case SafetensorsType.BF16:
                Widening.FromBF16(source, target.Pointer, length);
                break;
            default:
                throw About($"'{Path}': tensor {SafetensorsHeader.Quote(name)} is of type {tensor.Type}; only F32, F16 and BF16 can be read as floats. Convert it before saving.");
        }
    }

    /// <summary>Removes the map.</summary>
    public void Dispose() => map.Dispose();

    /// <summary>Whether a type can be read as floats.</summary>
    internal static bool IsReadable(SafetensorsType type) => type is SafetensorsType.F32 or SafetensorsType.F16 or SafetensorsType.BF16;

    private SafetensorsException About(string message) => new(message) { Path = Path };
}
