namespace ModelDsl.Simd;

/// <summary>Which lanes of a vector take part: all of them in the body of a loop, the first few in its tail. A type parameter, so that the body pays nothing for the tail.</summary>
public interface ILanes
{
    /// <summary>True when every lane takes part; a constant to the JIT.</summary>
    static abstract bool All { get; }

    /// <summary>Number of lanes that take part; meaningless when <see cref="All"/>.</summary>
    int Count { get; }
}

/// <summary>Every lane takes part.</summary>
public readonly struct AllLanes : ILanes
{
    /// <inheritdoc/>
    public static bool All => true;

    /// <inheritdoc/>
    public int Count => 0;
}

/// <summary>Only the first lanes take part.</summary>
/// <param name="count">How many.</param>
public readonly struct FirstLanes(int count) : ILanes
{
    /// <inheritdoc/>
    public static bool All => false;

    /// <inheritdoc/>
    public int Count { get; } = count;
}
