namespace ModelDsl;

/// <summary>Whether gradients flow through the threshold of a statistical top-k.</summary>
public enum ThresholdGradient
{
    /// <summary>They do: the threshold is a function of every input, and every input gets a gradient.</summary>
    Attached,

    /// <summary>They do not: the threshold counts as a constant, and only what is selected gets a gradient.</summary>
    Detached,
}
