namespace ModelDsl;

/// <summary>The standard deviation that a statistical top-k measures its inputs by.</summary>
public enum Deviation
{
    /// <summary>Of a sample: squares are summed and divided by their number less one.</summary>
    Sample,

    /// <summary>Of a population: squares are summed and divided by their number.</summary>
    Population,
}
