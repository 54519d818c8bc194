namespace ModelDsl.Programs;

/// <summary>How a parameter starts.</summary>
public enum InitializerKind
{
    /// <summary>All elements equal to the value.</summary>
    Constant,

    /// <summary>Independent normal draws of mean 0 and the value as standard deviation.</summary>
    Normal,
}

/// <summary>How a parameter starts.</summary>
/// <param name="Kind">The distribution.</param>
/// <param name="Value">The constant, or the standard deviation.</param>
public readonly record struct Initializer(InitializerKind Kind, float Value);
