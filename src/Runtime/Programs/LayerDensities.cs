using System.Collections;
using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>The densities of a model's selecting layers, as they are when read. Reading and enumerating allocate nothing.</summary>
public sealed class LayerDensities : IReadOnlyList<LayerDensity>
{
    private readonly IReadOnlyList<string> layers;

    internal LayerDensities(ModelPlan plan)
    {
        layers = plan.Selections;
        Counters = new long[2 * layers.Count];
    }

    /// <summary>How many layers select.</summary>
    public int Count => layers.Count;

    /// <summary>What programs count into.</summary>
    internal long[] Counters { get; }

    /// <summary>The density of a layer, in order of declaration.</summary>
    public LayerDensity this[int index] => new(layers[index], Counters[2 * index], Counters[2 * index + 1]);

    /// <summary>Enumerates the layers in order of declaration.</summary>
    public Enumerator GetEnumerator() => new(this);

    IEnumerator<LayerDensity> IEnumerable<LayerDensity>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Reset() => Array.Clear(Counters);

    /// <summary>Walks through densities.</summary>
    public struct Enumerator : IEnumerator<LayerDensity>
    {
        private readonly LayerDensities densities;
        private int index;

        internal Enumerator(LayerDensities densities)
        {
            this.densities = densities;
            index = -1;
        }

        /// <inheritdoc/>
        public readonly LayerDensity Current => densities[index];

        readonly object IEnumerator.Current => Current;

        /// <inheritdoc/>
        public bool MoveNext() => ++index < densities.Count;

        /// <inheritdoc/>
        public void Reset() => index = -1;

        /// <inheritdoc/>
        public readonly void Dispose()
        {
        }
    }
}
