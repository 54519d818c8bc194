namespace ModelDsl;

/// <summary>Element types of the safetensors format. Values can be read as floats from <see cref="F32"/>, <see cref="F16"/> and <see cref="BF16"/>; the rest is listed and skipped.</summary>
public enum SafetensorsType
{
    /// <summary>A truth value in a byte.</summary>
    Bool,

    /// <summary>4-bit float.</summary>
    F4,

    /// <summary>6-bit float, 2 exponent bits.</summary>
    F6E2M3,

    /// <summary>6-bit float, 3 exponent bits.</summary>
    F6E3M2,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>Signed 8-bit integer.</summary>
    I8,

    /// <summary>8-bit float, 5 exponent bits.</summary>
    F8E5M2,

    /// <summary>8-bit float, 4 exponent bits.</summary>
    F8E4M3,

    /// <summary>8-bit power of two.</summary>
    F8E8M0,

    /// <summary>Signed 16-bit integer.</summary>
    I16,

    /// <summary>Unsigned 16-bit integer.</summary>
    U16,

    /// <summary>IEEE half precision.</summary>
    F16,

    /// <summary>The upper half of a 32-bit float.</summary>
    BF16,

    /// <summary>Signed 32-bit integer.</summary>
    I32,

    /// <summary>Unsigned 32-bit integer.</summary>
    U32,

    /// <summary>IEEE single precision.</summary>
    F32,

    /// <summary>A complex number of two single-precision floats.</summary>
    C64,

    /// <summary>IEEE double precision.</summary>
    F64,

    /// <summary>Signed 64-bit integer.</summary>
    I64,

    /// <summary>Unsigned 64-bit integer.</summary>
    U64,
}

/// <summary>The types' names in a header, and their sizes.</summary>
internal static class SafetensorsTypes
{
    /// <summary>Reads a header's <c>dtype</c>.</summary>
    public static SafetensorsType? Parse(string name) => name switch
    {
        "BOOL" => SafetensorsType.Bool,
        "F4" => SafetensorsType.F4,
        "F6_E2M3" => SafetensorsType.F6E2M3,
        "F6_E3M2" => SafetensorsType.F6E3M2,
        "U8" => SafetensorsType.U8,
        "I8" => SafetensorsType.I8,
        "F8_E5M2" => SafetensorsType.F8E5M2,
        "F8_E4M3" => SafetensorsType.F8E4M3,
        "F8_E8M0" => SafetensorsType.F8E8M0,
        "I16" => SafetensorsType.I16,
        "U16" => SafetensorsType.U16,
        "F16" => SafetensorsType.F16,
        "BF16" => SafetensorsType.BF16,
        "I32" => SafetensorsType.I32,
        "U32" => SafetensorsType.U32,
        "F32" => SafetensorsType.F32,
        "C64" => SafetensorsType.C64,
        "F64" => SafetensorsType.F64,
        "I64" => SafetensorsType.I64,
        "U64" => SafetensorsType.U64,
        _ => null,
    };

    /// <summary>Bits of one element.</summary>
    public static int Bits(this SafetensorsType type) => type switch
    {
        SafetensorsType.F4 => 4,
        SafetensorsType.F6E2M3 or SafetensorsType.F6E3M2 => 6,
        <= SafetensorsType.F8E8M0 => 8,
        <= SafetensorsType.BF16 => 16,
        <= SafetensorsType.F32 => 32,
        _ => 64,
    };
}
