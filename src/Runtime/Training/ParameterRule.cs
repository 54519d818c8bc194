namespace ModelDsl;

/// <summary>
/// How the optimiser treats the parameters whose names match a pattern, where that differs from the default. Of several rules
/// that match, the last one that sets a value wins. A rule that matches nothing is an error when the trainer is made.
/// </summary>
/// <param name="Pattern">A parameter's name, in which <c>*</c> stands for any characters, dots included: <c>Blocks.*.Query.Weight</c>.</param>
public sealed record ParameterRule(string Pattern)
{
    /// <summary>Weight decay instead of the optimiser's, or of none where none is the default.</summary>
    public double? WeightDecay { get; init; }

    /// <summary>Factor of the learning rate; 1 by default.</summary>
    public double? LearningRateScale { get; init; }

    /// <summary>True keeps the parameters as they are: no update, and no part in the gradient norm.</summary>
    public bool? Frozen { get; init; }

    /// <summary>Whether the pattern covers a parameter's name; upper and lower case differ.</summary>
    public bool Matches(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string[] parts = Pattern.Split('*');
        if (parts.Length == 1) return name == Pattern;
        if (!name.StartsWith(parts[0], StringComparison.Ordinal)) return false;
        int position = parts[0].Length;
        for (int i = 1; i < parts.Length - 1; i++)
        {
            int found = name.IndexOf(parts[i], position, StringComparison.Ordinal);
            if (found < 0) return false;
            position = found + parts[i].Length;
        }

        return name.Length - position >= parts[^1].Length && name.EndsWith(parts[^1], StringComparison.Ordinal);
    }
}
