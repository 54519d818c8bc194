namespace ModelDsl.Compiler.Graph.Expressions;

/// <summary>Functions the base library lacks, to full double precision.</summary>
internal static class SpecialFunctions
{
    /// <summary>The error function: its Maclaurin-type series below 3, the continued fraction of erfc above.</summary>
    public static double Erf(double x)
    {
        double magnitude = Math.Abs(x);
        if (double.IsNaN(x)) return x;
        if (magnitude > 6) return Math.Sign(x);
        if (magnitude < 3)
        {
            // erf(x) = 2/sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (1·3·5···(2n+1)): all terms positive, so nothing cancels.
            double term = magnitude, sum = magnitude;
            for (int n = 1; term > sum * 1e-17; n++)
            {
                term *= 2 * magnitude * magnitude / ((2 * n) + 1);
                sum += term;
            }

            return Math.Sign(x) * 2 / Math.Sqrt(Math.PI) * Math.Exp(-magnitude * magnitude) * sum;
        }

        double fraction = 0;
        for (int n = 60; n > 0; n--) fraction = n / 2.0 / (magnitude + fraction);
        return Math.Sign(x) * (1 - (Math.Exp(-magnitude * magnitude) / Math.Sqrt(Math.PI) / (magnitude + fraction)));
    }
}
