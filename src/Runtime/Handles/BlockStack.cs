using System.Collections;
using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>Blocks one after the other: what <c>[Repeat]</c> declares.</summary>
/// <typeparam name="T">The <c>[Block]</c> class.</typeparam>
public readonly struct BlockStack<T> : IReadOnlyList<T>
    where T : class
{
    private readonly T[]? blocks;

    /// <summary>Made by generated code.</summary>
    /// <param name="scope">The stack's place in the model.</param>
    /// <param name="count">Number of blocks.</param>
    /// <param name="create">Makes the block at a place.</param>
    public BlockStack(LayerScope scope, int count, Func<LayerScope, T> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        Name = scope.Path;
        blocks = new T[count];
        for (int index = 0; index < count; index++) blocks[index] = create(scope.Child(index));
    }

    /// <summary>The path of properties, as in the names of parameters.</summary>
    public string Name { get => field ?? ""; }

    /// <summary>Number of blocks.</summary>
    public int Count => blocks?.Length ?? 0;

    /// <summary>The block at an index, from 0 in the order of computation.</summary>
    public T this[int index] => (blocks ?? throw new ArgumentOutOfRangeException(nameof(index)))[index];

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)(blocks ?? [])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public override string ToString() => Name;
}
