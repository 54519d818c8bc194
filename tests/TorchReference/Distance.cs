namespace ModelDsl.TorchReference;

/// <summary>How far values are from a reference.</summary>
internal static class Distance
{
    /// <summary>
    /// ‖actual - reference‖ / (‖reference‖ + floor). The floor is the size that rounding errors come from, where the true value
    /// may be zero by cancellation: a small part of the product of the operands' norms.
    /// </summary>
    public static double Relative(ReadOnlySpan<float> actual, ReadOnlySpan<float> reference, double floor = 1e-12)
    {
        if (actual.Length != reference.Length) throw new ArgumentException($"{actual.Length} values against {reference.Length} of the reference.");
        double difference = 0;
        for (int i = 0; i < actual.Length; i++) difference += ((double)actual[i] - reference[i]) * ((double)actual[i] - reference[i]);
        return Math.Sqrt(difference) / (Norm(reference) + floor);
    }

    /// <summary>The Euclidean norm.</summary>
    public static double Norm(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values) sum += (double)value * value;
        return Math.Sqrt(sum);
    }
}
