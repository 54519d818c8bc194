namespace ModelDsl.Compiler.Tests.Oracle;

/// <summary>How far a result is from its reference.</summary>
internal static class Errors
{
    /// <summary>Norm of the difference over the reference's norm, or over a floor where the reference is (nearly) zero.</summary>
    public static double Relative(ReadOnlySpan<float> result, double[] reference, double floor)
    {
        double difference = 0, norm = 0;
        for (int i = 0; i < reference.Length; i++)
        {
            difference += Math.Pow(result[i] - reference[i], 2);
            norm += reference[i] * reference[i];
        }

        return result.Length != reference.Length ? double.PositiveInfinity : Math.Sqrt(difference) / Math.Max(Math.Sqrt(norm), floor);
    }

    public static double Norm(IEnumerable<double> values) => Math.Sqrt(values.Sum(value => value * value));
}
