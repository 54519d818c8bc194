namespace ModelDsl;

/// <summary>How a <see cref="Sampler"/> chooses among tokens. The steps apply in the order of the properties.</summary>
public sealed record SamplerOptions
{
    /// <summary>
    /// Logits of the last <see cref="RepeatWindow"/> tokens are divided by it where positive and multiplied where negative (Keskar et al.,
    /// "CTRL"); 1 changes nothing.
    /// </summary>
    public double RepeatPenalty { get; init; } = 1;

    /// <summary>How many of the last tokens the penalty applies to.</summary>
    public int RepeatWindow { get; init; } = 64;

    /// <summary>Logits are divided by it: below 1 favours likely tokens, 0 always takes the likeliest.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only the so many likeliest tokens are candidates, of equal ones those of lower ids; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>Only the fewest likeliest tokens that together have at least this probability are candidates (Holtzman et al., nucleus sampling); 1 for all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Seed of the draws.</summary>
    public int Seed { get; init; }

    internal void Validate()
    {
        List<string> problems = [];
        Require(RepeatPenalty is > 0 and < double.PositiveInfinity, FormattableString.Invariant($"RepeatPenalty is {RepeatPenalty}: it must be above 0"));
        Require(RepeatWindow >= 0, $"RepeatWindow is {RepeatWindow}: it must be 0 or more");
        Require(Temperature is >= 0 and < double.PositiveInfinity, FormattableString.Invariant($"Temperature is {Temperature}: it must be 0 or more"));
        Require(TopK >= 0, $"TopK is {TopK}: it must be 0 (all) or more");
        Require(TopP is > 0 and <= 1, FormattableString.Invariant($"TopP is {TopP}: it must be above 0 and at most 1"));
        if (problems.Count > 0) throw new ArgumentException($"These sampler options do not work: {string.Join("; ", problems)}.");

        void Require(bool condition, string problem)
        {
            if (!condition) problems.Add(problem);
        }
    }
}
