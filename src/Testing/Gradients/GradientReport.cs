using System.Globalization;

namespace ModelDsl;

/// <summary>
/// What a gradient check measured for one tensor. Slopes are of the function for a relative change of the whole tensor: along a random
/// direction with normally distributed elements of the tensor's own root mean square. Typical means: the median of magnitudes over the
/// directions, as a standard deviation.
/// </summary>
/// <param name="Name">The parameter's name, or <c>input</c>.</param>
/// <param name="Size">Standard deviation of slopes by the computed gradient: its norm times the tensor's root mean square.</param>
/// <param name="MeasuredSize">Typical slope by differences: that of a right gradient is about <paramref name="Size"/>, or noise where that is less.</param>
/// <param name="Error">Typical slope by gradient minus slope by differences.</param>
/// <param name="Noise">Typical uncertainty of the differences: rounding of 32-bit floats and what is left of higher orders.</param>
/// <param name="Rounding">What rounding can make of a gradient that is zero: a millionth of the largest size of a tensor.</param>
/// <param name="GradientSlope">Slope by the computed gradient along the direction of the largest error.</param>
/// <param name="MeasuredSlope">Slope by differences along it.</param>
public readonly record struct TensorGradientReport(string Name, double Size, double MeasuredSize, double Error, double Noise, double Rounding,
    double GradientSlope, double MeasuredSlope)
{
    /// <summary>The largest error that passes: four times the noise, a thousandth of the size for the rounding of the gradient itself, and <see cref="Rounding"/>.</summary>
    public double Allowed => (4 * Noise) + (1e-3 * Size) + Rounding;

    /// <summary>Whether the error is within what is allowed.</summary>
    public bool Passes => Error <= Allowed;

    /// <summary>Whether a gradient that is wrong by 5 % would show.</summary>
    public bool IsResolved => Allowed <= 0.02 * Magnitude;

    /// <summary>The larger size: a gradient that is missing is not small for that.</summary>
    internal double Magnitude => Math.Max(Size, MeasuredSize);

    /// <summary>One line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Name}: error {Error:G3}, allowed {Allowed:G3}, size {Size:G3}; worst direction: gradient {GradientSlope:G6}, differences {MeasuredSlope:G6}");
}

/// <summary>What a gradient check measured.</summary>
/// <param name="Tensors">All tensors, those with the largest error relative to what is allowed first.</param>
public sealed record GradientReport(IReadOnlyList<TensorGradientReport> Tensors)
{
    /// <summary>The tensor with the largest error relative to what is allowed.</summary>
    public TensorGradientReport Worst => Tensors[0];

    /// <summary>
    /// Tensors in which an error of 5 % would not show: the gradient is (nearly) 0, such as that of a bias of keys, or corners of the function blur the
    /// differences, as those of ReLU do.
    /// </summary>
    public IEnumerable<TensorGradientReport> Unresolved => Tensors.Where(tensor => !tensor.IsResolved);

    /// <summary>A line a tensor.</summary>
    public override string ToString() => string.Join('\n', Tensors);
}
