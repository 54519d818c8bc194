using System.Collections;
using System.Collections.Frozen;
using ModelDsl.Memory;
using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>The parameters of a model in declaration order, found by index or by name.</summary>
public sealed class ParameterCollection : IReadOnlyList<Parameter>
{
    private readonly Parameter[] items;
    private readonly FrozenDictionary<string, int> indices;

    internal ParameterCollection(IReadOnlyList<ParameterInfo> infos, Arena values, Arena? gradients)
    {
        items = [.. infos.Select(info => new Parameter(info, values, gradients))];
        indices = items.Select((item, index) => KeyValuePair.Create(item.Name, index)).ToFrozenDictionary(StringComparer.Ordinal);
        TotalLength = items.Sum(item => item.Length);
    }

    /// <summary>Number of parameters (tensors).</summary>
    public int Count => items.Length;

    /// <summary>Number of elements of all parameters together.</summary>
    public long TotalLength { get; }

    /// <summary>The names, in order.</summary>
    public IEnumerable<string> Names => items.Select(item => item.Name);

    /// <summary>The parameter at an index.</summary>
    public Parameter this[int index] => items[index];

    /// <summary>The parameter of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name; the message lists near ones.</exception>
    public Parameter this[string name] => TryGet(name, out Parameter parameter)
        ? parameter
        : throw new KeyNotFoundException($"There is no parameter '{name}'. {NearNames.Suggest(name, [.. Names])}");

    /// <summary>Looks a name up.</summary>
    /// <returns>False where there is no parameter of that name.</returns>
    public bool TryGet(string name, out Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(name);
        bool found = indices.TryGetValue(name, out int index);
        parameter = found ? items[index] : default;
        return found;
    }

    /// <summary>Enumerates without allocating.</summary>
    public Enumerator GetEnumerator() => new(items);

    IEnumerator<Parameter> IEnumerable<Parameter>.GetEnumerator() => ((IEnumerable<Parameter>)items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => items.GetEnumerator();

    /// <summary>Walks the parameters in order.</summary>
    public struct Enumerator
    {
        private readonly Parameter[] items;
        private int index;

        internal Enumerator(Parameter[] items)
        {
            this.items = items;
            index = -1;
        }

        /// <summary>The parameter the enumerator stands at.</summary>
        public readonly Parameter Current => items[index];

        /// <summary>Goes on to the next parameter.</summary>
        public bool MoveNext() => ++index < items.Length;
    }
}
