namespace ModelDsl;

/// <summary>A tensor listed in a safetensors file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Shape">Its extents, outermost first; empty for a scalar.</param>
/// <param name="Length">Number of elements: the product of the shape.</param>
/// <param name="Offset">Bytes from the end of the header to its first element.</param>
/// <param name="ByteLength">Bytes it occupies.</param>
public sealed record SafetensorsTensor(string Name, SafetensorsType Type, IReadOnlyList<long> Shape, long Length, long Offset, long ByteLength)
{
    /// <summary>The name, type and shape, such as <c>Tokens.Weight: F32 [256, 64]</c>.</summary>
    public override string ToString() => $"{Name}: {Type} [{string.Join(", ", Shape)}]";
}
