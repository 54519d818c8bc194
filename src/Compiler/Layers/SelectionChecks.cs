using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.Compiler.Layers;

/// <summary>What must hold of feed-forward layers that select neurons.</summary>
internal static class SelectionChecks
{
    /// <summary>The share to start from, as an argument: that of Spark Transformer.</summary>
    public const string Fraction = "ActiveFraction = 0.08";

    private const int FewestNeurons = 2;

    /// <summary>Sizes and selection.</summary>
    /// <param name="check">The layer.</param>
    /// <param name="ratio">The hidden size to start from, as an argument.</param>
    public static void Check(LayerCheck check, string ratio)
    {
        AttributeDeclaration attribute = check.Attribute;
        if (FfnLayer.CheckHidden(check, ratio, FewestNeurons)) CheckActive(check);
        check.Positive("Huber", orZero: true);
        if (attribute.Enum("Selection", TopKSelection.Statistical) != TopKSelection.Exact) return;
        foreach (string argument in (string[])["Deviation", "ThresholdGradient", "Huber"])
            check.Useless(argument, "an exact selection estimates no threshold: leave it out, or Selection", "Selection");
    }

    /// <summary>The leading columns that select are some, but not all.</summary>
    public static void CheckPredictor(LayerCheck check)
    {
        if (!check.InRange("PredictorWidth", 1) || check.Width is not { } width) return;
        int predictor = SparkFfnLayer.PredictorWidth(check.Attribute, width);
        if (predictor >= 1 && predictor < width) return;
        IEnumerable<string> most = width > 1 ? ["PredictorWidth = " + Text.Invariant(width - 1)] : [];
        check.Report(DiagnosticCatalogue.OutOfRange, "PredictorWidth", most, "PredictorWidth", predictor, $"at least 1 and less than the width, {Text.Invariant(width)}: some columns select neurons and the others are their input");
    }

    // How many are selected is said once, and comes out as some, but not all.
    private static void CheckActive(LayerCheck check)
    {
        AttributeDeclaration attribute = check.Attribute;
        bool absolute = attribute.Has("Active"), relative = attribute.Has("ActiveFraction");
        if (absolute && relative) check.Report(DiagnosticCatalogue.TwoSizes, "ActiveFraction", ["ActiveFraction", "Active"], "Active", "ActiveFraction");
        if (!absolute && !relative) check.Report(DiagnosticCatalogue.NoSize, "Active", [Fraction], "Active or ActiveFraction");
        if (absolute == relative || !check.InRange("Active", 1)) return;
        double fraction = attribute.Double("ActiveFraction", 0.5);
        if (!(fraction > 0 && fraction < 1))
        {
            check.Report(DiagnosticCatalogue.OutOfRange, "ActiveFraction", [Fraction], "ActiveFraction", fraction, "above 0 and below 1");
            return;
        }

        if (!attribute.Has("Hidden") && check.Width is null) return;
        int hidden = FfnLayer.Hidden(attribute, check.Width ?? 1), active = SelectingFfnLayer.Active(attribute, hidden);
        if (active >= 1 && active < hidden) return;
        string neurons = Text.Invariant(hidden), most = Text.Invariant(hidden - 1);
        if (absolute) check.Report(DiagnosticCatalogue.OutOfRange, "Active", ["Active = " + most], "Active", active, $"at most {most}: all {neurons} neurons are no selection");
        else check.Report(DiagnosticCatalogue.OutOfRange, "ActiveFraction", ["ActiveFraction = 0.5"], "ActiveFraction", fraction, $"so that it times {neurons} neurons rounds to a number from 1 to {most}");
    }
}
