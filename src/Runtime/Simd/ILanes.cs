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

/// <summary>What depends on which lanes take part.</summary>
public static class Lanes
{
    /// <summary>Zeroes the lanes that do not take part, so that a sum over a row's tail ignores them.</summary>
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
    public static S Keep<S, L>(S value, L lanes) where S : unmanaged, ISimd<S> where L : struct, ILanes
        => L.All ? value : S.First(value, lanes.Count);
}
