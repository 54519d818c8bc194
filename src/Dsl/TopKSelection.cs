namespace ModelDsl;

/// <summary>How the largest of some values are selected.</summary>
public enum TopKSelection
{
    /// <summary>
    /// What exceeds a threshold estimated from mean and standard deviation, less that threshold: about as many as wanted, at the cost of two sums over the values.
    /// </summary>
    Statistical,

    /// <summary>Exactly as many as wanted, the lowest index first among equal values, as they are.</summary>
    Exact,
}
