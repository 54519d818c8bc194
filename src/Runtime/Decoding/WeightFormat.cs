namespace ModelDsl;

/// <summary>How the elements of weight matrices are stored.</summary>
public enum WeightFormat
{
    /// <summary>32-bit floats, as they are trained.</summary>
    Float32,

    /// <summary>The upper half of a 32-bit float: its range, with 8 bits of significand.</summary>
    BFloat16,
}
