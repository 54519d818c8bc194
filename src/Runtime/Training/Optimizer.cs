namespace ModelDsl;

/// <summary>How gradients change parameters: see <see cref="AdamW"/>.</summary>
public abstract record Optimizer
{
    private protected Optimizer() { }

    /// <summary>Peak learning rate; a <see cref="LearningRateSchedule"/> multiplies it by its factor of the step.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Names of the tensors it keeps for every parameter, as a checkpoint stores them.</summary>
    internal abstract IReadOnlyList<string> Slots { get; }

    /// <summary>Decay of parameters that decay, unless a rule says otherwise.</summary>
    internal abstract double DefaultDecay { get; }

    /// <summary>Adds a sentence for every value that makes no sense.</summary>
    internal abstract void Validate(List<string> problems);

    /// <summary>Changes the parameters of all tiles by their gradients.</summary>
    internal abstract void Update(in UpdateContext context);

    private protected void Require(bool condition, List<string> problems, string name, double value, string rule)
    {
        if (!condition) problems.Add(FormattableString.Invariant($"{GetType().Name}.{name} is {value}: it must be {rule}"));
    }
}
