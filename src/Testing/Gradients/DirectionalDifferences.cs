namespace ModelDsl.Testing.Gradients;

/// <summary>
/// Compares a gradient with central differences of the program itself along random directions of one tensor.
/// <para>
/// A step is a multiple of the tensor's root mean square. At each of seven steps, 2⁻² down to 2⁻¹⁴ of it, the difference of the function is
/// compared with the gradient times the difference of the tensor, both as stored in 32-bit floats, so that rounding of the tensor does
/// not count. Richardson extrapolation of neighbouring steps removes the error of second order. What is left is a truncation error, which
/// falls with the step, and the rounding noise of the function, which grows as the step falls; neighbouring extrapolations disagree by the
/// larger of the two. The step with the least disagreement, over all directions together, is taken, and the disagreement is the noise. A
/// wrong gradient adds the same to every step: it changes the error and not the noise.
/// </para>
/// <para>
/// Steps too small to change the function at all agree perfectly, on a slope of 0. So the noise of a step is never taken for less than what the
/// function's resolution makes of it: what a 32-bit float of its magnitude is rounded by, over the step.
/// </para>
/// <para>Medians, since a step over a corner (of a ReLU) disturbs some directions and not the others.</para>
/// </summary>
internal static class DirectionalDifferences
{
    private const int Steps = 7, Ratio = 4;
    private const double FirstStep = 0.25;

    /// <summary>The tensor's norm of the gradient times its root mean square.</summary>
    public static double Size(CheckedTensor tensor) => Scale(tensor) * RootMeanSquare(tensor.Gradient) * Math.Sqrt(tensor.Gradient.Length);

    /// <param name="tensor">The tensor.</param>
    /// <param name="function">The function, at the tensor's present values.</param>
    /// <param name="directions">Number of directions.</param>
    /// <param name="resolution">What rounding alone makes of a value of the function, as a standard deviation.</param>
    /// <param name="rounding">What rounding can make of a gradient that is zero.</param>
    /// <param name="random">Draws the directions.</param>
    public static TensorGradientReport Measure(CheckedTensor tensor, Func<double> function, int directions, double resolution, double rounding, Random random)
    {
        float[] origin = tensor.Values().ToArray();
        double scale = Scale(tensor);
        double[] slopes = new double[directions];
        double[][] extrapolated = new double[directions][];
        try
        {
            for (int i = 0; i < directions; i++)
            {
                float[] direction = Draws.Normals(random, origin.Length);
                for (int j = 0; j < direction.Length; j++) slopes[i] += scale * tensor.Gradient[j] * direction[j];
                double[] errors = new double[Steps];
                double step = FirstStep;
                for (int s = 0; s < Steps; s++, step /= Ratio) errors[s] = DifferenceError(tensor, function, origin, direction, (float)(step * scale)) / (2 * step);
                extrapolated[i] = new double[Steps - 1];
                for (int s = 0; s + 1 < Steps; s++) extrapolated[i][s] = ((Ratio * Ratio * errors[s + 1]) - errors[s]) / ((Ratio * Ratio) - 1);
            }
        }
        finally
        {
            origin.CopyTo(tensor.Values());
        }

        int best = 0;
        double noise = double.PositiveInfinity;
        for (int s = 0; s + 2 < Steps; s++)
        {
            // Two values are subtracted, and the smaller step of the extrapolation has most of the noise.
            double floor = Math.Sqrt(2) * resolution / (2 * FirstStep * Math.Pow(Ratio, -(s + 1)));
            double disagreement = Math.Max(floor, Typical(extrapolated.Select(errors => errors[s] - errors[s + 1])));
            if (disagreement < noise) (best, noise) = (s, disagreement);
        }

        int worst = Enumerable.Range(0, directions).MaxBy(i => Math.Abs(extrapolated[i][best]));
        return new TensorGradientReport(tensor.Name, Size(tensor), Typical(slopes.Select((slope, i) => slope + extrapolated[i][best])),
            Typical(extrapolated.Select(errors => errors[best])), noise, rounding, slopes[worst], slopes[worst] + extrapolated[worst][best]);
    }

    /// <summary>Difference of the function minus gradient times difference of the tensor.</summary>
    private static double DifferenceError(CheckedTensor tensor, Func<double> function, float[] origin, float[] direction, float length)
    {
        Span<float> values = tensor.Values();
        double expected = 0;
        for (int i = 0; i < origin.Length; i++)
        {
            float ahead = origin[i] + (length * direction[i]), behind = origin[i] - (length * direction[i]);
            expected += tensor.Gradient[i] * ((double)ahead - behind);
            values[i] = ahead;
        }

        double forward = function();
        for (int i = 0; i < origin.Length; i++) values[i] = origin[i] - (length * direction[i]);
        return forward - function() - expected;
    }

    private static double Scale(CheckedTensor tensor)
    {
        double scale = RootMeanSquare(tensor.Values());
        return scale > 0 ? scale : 1;
    }

    /// <summary>The median of magnitudes; of normally distributed values their standard deviation.</summary>
    private static double Typical(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Select(Math.Abs).Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2 / 0.6745;
    }

    private static double RootMeanSquare(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values) sum += (double)value * value;
        return Math.Sqrt(sum / values.Length);
    }
}
