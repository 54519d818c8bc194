namespace ModelDsl.Runtime.Tests.Simd;

/// <summary>The error function in double precision, which .NET lacks: a series of positive terms near 0, a continued fraction of erfc far out.</summary>
internal static class DoubleErf
{
    public static double Of(double x)
    {
        double magnitude = Math.Abs(x);
        if (double.IsNaN(x) || magnitude > 6) return double.IsNaN(x) ? x : Math.Sign(x);
        return magnitude < 2.5 ? Near(x) : Math.Sign(x) * (1 - Complement(magnitude));
    }

    private static double Near(double x)
    {
        double sum = 0, term = x;
        for (int n = 1; sum + term != sum; n++)
        {
            sum += term;
            term *= 2 * x * x / (2 * n + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    private static double Complement(double x)
    {
        double fraction = 0;
        for (int k = 120; k >= 1; k--) fraction = k / 2.0 / (x + fraction);
        return Math.Exp(-x * x) / (Math.Sqrt(Math.PI) * (x + fraction));
    }
}
