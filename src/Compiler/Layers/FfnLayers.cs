using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Expressions;

namespace ModelDsl.Compiler.Layers;

/// <summary>Down(activation(Up(x))).</summary>
internal sealed class FfnLayer : LayerKind
{
    public override string Attribute => "Ffn";

    public override string Size => "HiddenRatio = 4";

    public override Value Lower(Lowering lowering, AttributeDeclaration attribute, Value? input)
    {
        bool bias = attribute.Bool("Bias", false);
        Value up = lowering.Linear(input!, "Up", Hidden(attribute, lowering.Width), bias);
        Value active = lowering.Builder.Pointwise(Activations.Of(attribute.Enum("Activation", Activation.Gelu), new Argument(0)), up);
        return lowering.Linear(active, "Down", lowering.Width, bias, lowering.OutputDeviation);
    }

    public override void Check(LayerCheck check) => CheckHidden(check, Size);

    public override void Advise(LayerCheck check) => AdviseHidden(check);

    /// <summary>The size is given once, and comes out as at least one column.</summary>
    /// <param name="check">The layer.</param>
    /// <param name="ratio">The ratio to start from, as an argument.</param>
    /// <param name="least">The fewest columns.</param>
    /// <returns>Whether it is, as far as the width is known.</returns>
    public static bool CheckHidden(LayerCheck check, string ratio, int least = 1)
    {
        AttributeDeclaration attribute = check.Attribute;
        bool absolute = attribute.Has("Hidden"), relative = attribute.Has("HiddenRatio");
        if (absolute && relative) check.Report(DiagnosticCatalogue.TwoSizes, "HiddenRatio", ["HiddenRatio", "Hidden"], "Hidden", "HiddenRatio");
        if (!absolute && !relative) check.Report(DiagnosticCatalogue.NoSize, "Hidden", [ratio], "Hidden or HiddenRatio");
        if (!check.Fits("Hidden", 2L * attribute.Int("Hidden", 1), LayerCheck.MostColumns / 2) || !check.InRange("Hidden", least) || !check.Positive("HiddenRatio", suggestion: ratio)) return false;
        if (!relative || check.Width is not { } width) return absolute != relative;
        double columns = attribute.Double("HiddenRatio", 1) * width;
        if (Math.Round(columns) >= least && columns <= LayerCheck.MostColumns / 2) return !absolute;
        check.Report(DiagnosticCatalogue.OutOfRange, "HiddenRatio", [ratio], "HiddenRatio", attribute.Double("HiddenRatio", 1), $"so that it times the width {Text.Invariant(width)} is a number of columns from {Text.Invariant(least)} to {Text.Invariant(LayerCheck.MostColumns / 2)}");
        return false;
    }

    /// <summary>The hidden columns should fill vectors.</summary>
    public static void AdviseHidden(LayerCheck check)
    {
        bool isAbsolute = check.Attribute.Has("Hidden");
        if (!isAbsolute && check.Width is null) return;
        int width = check.Width ?? 1, hidden = Hidden(check.Attribute, width);
        if (hidden % LayerCheck.Lanes == 0) return;
        IReadOnlyList<int> nearest = LayerCheck.Nearest(LayerCheck.Multiples(hidden), hidden);
        check.Report(
            DiagnosticCatalogue.HiddenLanes, isAbsolute ? "Hidden" : "HiddenRatio",
            nearest.Select(columns => isAbsolute ? $"Hidden = {Text.Invariant(columns)}" : $"HiddenRatio = {Ratio(columns, width)}"),
            hidden, string.Join(" or ", nearest.Select(columns => Text.Invariant(columns))));
    }

    // As C#: a whole number, or a quotient in lowest terms, which says where it comes from and is exact after rounding.
    private static string Ratio(int columns, int width)
    {
        (int divisor, int rest) = (columns, width);
        while (rest != 0) (divisor, rest) = (rest, divisor % rest);
        return width == divisor ? Text.Invariant(columns / divisor) : $"{Text.Invariant(columns / divisor)}.0 / {Text.Invariant(width / divisor)}";
    }

    /// <summary>Hidden columns: absolute, or a ratio of the width rounded to the nearest whole.</summary>
    public static int Hidden(AttributeDeclaration attribute, int width)
        => attribute.Int("Hidden", (int)Math.Round(attribute.Double("HiddenRatio", 4) * width));
}

/// <summary>Down(activation(Gate(x)) · Up(x)).</summary>
internal sealed class GatedFfnLayer : LayerKind
{
    public override string Attribute => "GatedFfn";

    // Three matrices with as many parameters as the two of four times the width.
    public override string Size => "HiddenRatio = 8.0 / 3";

    public override Value Lower(Lowering lowering, AttributeDeclaration attribute, Value? input)
    {
        bool bias = attribute.Bool("Bias", false);
        int hidden = FfnLayer.Hidden(attribute, lowering.Width);
        Value gate = lowering.Linear(input!, "Gate", hidden, bias);
        Value up = lowering.Linear(input!, "Up", hidden, bias);
        Value active = lowering.Builder.Pointwise(Activations.Of(attribute.Enum("Activation", Activation.Silu), new Argument(0)) * new Argument(1), gate, up);
        return lowering.Linear(active, "Down", lowering.Width, bias, lowering.OutputDeviation);
    }

    public override void Check(LayerCheck check) => FfnLayer.CheckHidden(check, Size);

    public override void Advise(LayerCheck check) => FfnLayer.AdviseHidden(check);
}

/// <summary>The activations as formulas.</summary>
internal static class Activations
{
    public static Expression Of(Activation activation, Expression x) => activation switch
    {
        Activation.Gelu => 0.5 * x * (1 + Algebra.Apply(UnaryOperator.Erf, Math.Sqrt(0.5) * x)),
        // ½·(1 + tanh u) is σ(2u): one exponential, and a derivative that is shorter too.
        Activation.GeluTanh => x * Algebra.Apply(UnaryOperator.Sigmoid, x * (Math.Sqrt(8 / Math.PI) + (0.044715 * Math.Sqrt(8 / Math.PI) * (x * x)))),
        Activation.Relu => Algebra.Apply(UnaryOperator.Relu, x),
        Activation.SquaredRelu => Algebra.Apply(UnaryOperator.Relu, x) * Algebra.Apply(UnaryOperator.Relu, x),
        Activation.Silu => x * Algebra.Apply(UnaryOperator.Sigmoid, x),
        _ => throw new CompilerException($"activation {activation}"),
    };
}
