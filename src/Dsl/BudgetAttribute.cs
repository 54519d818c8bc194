namespace ModelDsl;

/// <summary>
/// What a model may cost at most, by the numbers of its <c>Card</c>. Exceeding a limit is a compile error that names the layers that cost most. A limit that is not
/// given does not bind.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class BudgetAttribute : Attribute
{
    /// <summary>Elements of all parameters; a tied head counts once.</summary>
    public long Parameters { get; set; }

    /// <summary>Floating-point operations of a forward pass for a token, a multiply-add counted as two, attention over the whole context included.</summary>
    public long FlopsPerToken { get; set; }

    /// <summary>Bytes a decoder keeps for each position of a sequence.</summary>
    public long CacheBytesPerToken { get; set; }

    /// <summary>
    /// Bytes of native memory for the model and training it with AdamW on <see cref="Batch"/> sequences of <see cref="Sequence"/> positions: parameters, gradients, two
    /// optimiser slots, activations and scratch. Packing scratch of the machine's threads comes on top.
    /// </summary>
    public long TrainingBytes { get; set; }

    /// <summary>Sequences of a micro-batch for <see cref="TrainingBytes"/>. Default: 1.</summary>
    public int Batch { get; set; } = 1;

    /// <summary>Positions of a sequence for <see cref="TrainingBytes"/>. Default: the model's context.</summary>
    public int Sequence { get; set; }
}
