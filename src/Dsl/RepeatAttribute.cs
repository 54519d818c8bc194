namespace ModelDsl;

/// <summary>Stacks a block: the property's type is <c>BlockStack&lt;T&gt;</c> of a <c>[Block]</c> class. Every repetition has parameters of its own.</summary>
/// <param name="count">Number of repetitions, at least 1.</param>
[AttributeUsage(AttributeTargets.Property)]
[ModifiesLayer]
public sealed class RepeatAttribute(int count) : Attribute
{
    /// <summary>Number of repetitions, at least 1.</summary>
    public int Count { get; } = count;
}
