using System.Globalization;

namespace ModelDsl.Testing.Gradients;

/// <summary>
/// Measures every tensor and judges. A tensor that does not pass at one point is measured at up to three others, of new draws: a wrong gradient is
/// wrong at all of them, while a corner of the function (of a ReLU) that happens to lie within the smallest step of a point is at none of the others.
/// </summary>
internal static class GradientVerdict
{
    /// <summary>The largest relative error of rounding to a 32-bit float, 2⁻²⁴.</summary>
    public const double RoundingOfFloats = 1.0 / (1 << 24);

    private const int Points = 4;
    private const double RoundingOfLargest = 1e-6;

    /// <summary>Tensors whose size is below this part of the largest one need no more than to pass.</summary>
    private const double Negligible = 1e-2;

    /// <summary>The largest part of a size that may be allowed for any other: a gradient that is wrong by a third is then found, but for rare draws.</summary>
    private const double MostAllowed = 0.12;

    /// <param name="model">The model's name.</param>
    /// <param name="function">What the function is called.</param>
    /// <param name="value">The function, at the present values of all tensors.</param>
    /// <param name="draw">Draws a point from a seed, computes the gradients there, and what rounding makes of the function, as a standard deviation.</param>
    /// <param name="options">Seed and directions.</param>
    public static GradientReport Judge(string model, string function, Func<double> value, Func<int, (List<CheckedTensor> Tensors, double Resolution)> draw, CheckOptions options)
    {
        Dictionary<string, TensorGradientReport> best = [];
        bool Settled(string name) => best.TryGetValue(name, out TensorGradientReport report) && IsSettled(report);
        for (int point = 0; point < Points && (point == 0 || best.Values.Any(report => !IsSettled(report))); point++)
        {
            int seed = unchecked(options.Seed + (point * 7919));
            (List<CheckedTensor> tensors, double resolution) = draw(seed);
            CheckFinite(model, function, value(), tensors, seed);
            double largest = tensors.Max(DirectionalDifferences.Size), rounding = RoundingOfLargest * largest;
            if (largest == 0)
            {
                throw new ModelCheckException(CultureInfo.InvariantCulture,
                    $"Every gradient of '{model}' is zero: its {function} does not change at these parameters, or nothing is propagated back. Take other "
                    + $"parameters, or another CheckOptions.Seed, where it does (seed {seed}).");
            }

            Random random = Draws.Stream(seed, Drawn.Directions);
            foreach (CheckedTensor tensor in tensors.Where(tensor => !Settled(tensor.Name)))
            {
                TensorGradientReport report = DirectionalDifferences.Measure(tensor, value, options.Directions, resolution, rounding, random);
                if (!best.TryGetValue(tensor.Name, out TensorGradientReport before) || IsBetter(report, before)) best[tensor.Name] = report;
            }
        }

        GradientReport result = new([.. best.Values.OrderByDescending(Ratio)]);
        if (!result.Worst.Passes) throw Wrong(model, function, result, options);
        TensorGradientReport unknown = best.Values.MaxBy(report => IsNegligible(report) ? 0 : report.Allowed / report.Magnitude);
        if (!IsNegligible(unknown) && unknown.Allowed > MostAllowed * unknown.Magnitude)
        {
            throw new ModelCheckException(CultureInfo.InvariantCulture,
                $"The gradient of '{unknown.Name}' of '{model}' cannot be judged: its size is {unknown.Size:G3}, that of differences {unknown.MeasuredSize:G3}, and the noise of differences of the "
                + $"{function} {unknown.Noise:G3}, so that even a gradient that is wrong by a third could pass. Functions with jumps or many corners "
                + $"need smaller steps than 32-bit floats allow: check the layer in a smaller model or with a smooth activation. At parameters of one's "
                + $"own, gradients can be too small: try CheckOptions.RandomParameters (seed {options.Seed}).");
        }

        return result;
    }

    private static bool IsSettled(TensorGradientReport report) => report.Passes && (report.IsResolved || IsNegligible(report));

    private static bool IsNegligible(TensorGradientReport report) => report.Magnitude <= Negligible / RoundingOfLargest * report.Rounding;

    private static bool IsBetter(TensorGradientReport report, TensorGradientReport than) => report.Passes != than.Passes
        ? report.Passes
        : report.Passes ? report.Allowed * than.Magnitude < than.Allowed * report.Magnitude : Ratio(report) < Ratio(than);

    private static double Ratio(TensorGradientReport report) => report.Error / Math.Max(report.Allowed, double.Epsilon);

    private static void CheckFinite(string model, string function, double value, List<CheckedTensor> tensors, int seed)
    {
        if (!double.IsFinite(value))
        {
            throw new ModelCheckException(CultureInfo.InvariantCulture,
                $"The {function} of '{model}' gives {value}: there is no gradient to check. Look for an overflow, or a division by zero, at these "
                + $"parameters (seed {seed}).");
        }

        foreach (CheckedTensor tensor in tensors)
        {
            int bad = Array.FindIndex(tensor.Gradient, element => !float.IsFinite(element));
            if (bad >= 0)
            {
                throw new ModelCheckException(CultureInfo.InvariantCulture,
                    $"The gradient of '{tensor.Name}' of '{model}' is {tensor.Gradient[bad]} at element {bad} of {tensor.Gradient.Length}, for a finite "
                    + $"{function} (seed {seed}).");
            }
        }
    }

    private static ModelCheckException Wrong(string model, string function, GradientReport result, CheckOptions options)
    {
        TensorGradientReport worst = result.Worst;
        string[] others = [.. result.Tensors.Skip(1).Where(tensor => !tensor.Passes).Select(tensor => tensor.Name)];
        string also = others.Length == 0
            ? $"Its backward is wrong: every other tensor ({result.Tensors.Count - 1}) passes"
            : $"{others.Length} of the {result.Tensors.Count - 1} others are wrong, too ({string.Join(", ", others.Take(8))}{(others.Length > 8 ? ", …" : "")}): "
                + "look first at the backward of the last layer that they go through";
        return new ModelCheckException(CultureInfo.InvariantCulture,
            $"The gradient of '{worst.Name}' of '{model}' disagrees with differences of the {function}: along the worst of {options.Directions} "
            + $"random directions its slope is {worst.GradientSlope:G6}, differences give {worst.MeasuredSlope:G6}. The error is typically "
            + $"{worst.Error:G3}, of a gradient of size {worst.Size:G3}; {worst.Allowed:G3} is allowed, of which {4 * worst.Noise:G3} for noise. {also} "
            + $"(seed {options.Seed}).");
    }
}
