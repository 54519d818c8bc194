namespace ModelDsl;

/// <summary>How much of what it was offered a layer selected: neurons of a feed-forward layer, keys of an attention.</summary>
/// <param name="Layer">The layer's name with the indices of its blocks, such as <c>Blocks.3.Ffn</c>.</param>
/// <param name="Selected">How many were selected, over all positions counted.</param>
/// <param name="Offered">Of how many.</param>
public readonly record struct LayerDensity(string Layer, long Selected, long Offered)
{
    /// <summary>The share selected, from 0 to 1; NaN before anything was offered.</summary>
    public double Share => (double)Selected / Offered;
}
