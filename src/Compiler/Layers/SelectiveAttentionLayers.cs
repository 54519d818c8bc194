using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Compiler.Graph.Operations;

namespace ModelDsl.Compiler.Layers;

/// <summary>Attention to about k of the positions seen, those whose score is above a statistical threshold.</summary>
internal class TopKAttentionLayer : AttentionLayer
{
    public override string Attribute => "TopKAttention";

    public override string Size => "HeadWidth = 64, TopK = 64";

    public override void Check(LayerCheck check)
    {
        base.Check(check);
        if (!check.Attribute.Has("TopK")) check.Report(DiagnosticCatalogue.NoSize, "TopK", ["TopK = 64"], "TopK");
        else check.InRange("TopK", 1);
    }

    protected override AttentionForm Form(AttributeDeclaration attribute, int width)
        => base.Form(attribute, width) with { TopK = attribute.Int("TopK", 0), Deviation = attribute.Enum("Deviation", Deviation.Sample) };
}

/// <summary>The same by the scores of the first columns of a head, the others weighting what is chosen.</summary>
internal sealed class SparkAttentionLayer : TopKAttentionLayer
{
    public override string Attribute => "SparkAttention";

    /// <summary>Every piece is at least one column, and where it turns a number of pairs.</summary>
    protected override void CheckColumns(LayerCheck check, int? headWidth, string size)
    {
        AttributeDeclaration attribute = check.Attribute;
        if (headWidth < 2)
        {
            check.Report(DiagnosticCatalogue.OutOfRange, size, ["HeadWidth = 64"], "HeadWidth", headWidth.Value, "at least 2, columns that choose and columns that weight");
            return;
        }

        if (!check.InRange("PredictorWidth", 1, (headWidth ?? LayerCheck.MostColumns) - 1) || headWidth is not { } columns || !attribute.Bool("Rotary", false)) return;
        int predictor = Predictor(attribute, columns), narrower = Math.Min(predictor, columns - predictor);
        string width = Text.Invariant(narrower);
        if (attribute.Has("RotaryWidth"))
        {
            int turned = attribute.Int("RotaryWidth", 2);
            if (turned % 2 == 0 && turned <= narrower) return;
            string wrong = turned % 2 == 0 ? $"are more than the narrower of its two pieces has, {width}" : "are an odd number";
            check.Report(DiagnosticCatalogue.RotaryWidth, "RotaryWidth", Even(turned, narrower), turned, columns, wrong);
            return;
        }

        int odd = new[] { predictor, columns - predictor }.FirstOrDefault(piece => piece % 2 != 0);
        if (odd == 0) return;
        IEnumerable<int> even = columns % 2 == 0 ? LayerCheck.Nearest(Enumerable.Range(1, (columns / 2) - 1).Select(pairs => 2 * pairs), predictor) : [];
        string where = attribute.Has("PredictorWidth") ? "PredictorWidth" : size;
        check.Report(
            DiagnosticCatalogue.RotaryWidth, where, even.Select(piece => $"PredictorWidth = {Text.Invariant(piece)}").Concat(Even(narrower, narrower).Take(1)), odd, columns,
            "are one of its two pieces, and an odd number");
    }

    public override void Advise(LayerCheck check)
    {
        base.Advise(check);
        AttributeDeclaration attribute = check.Attribute;
        if (check.Width is null && !attribute.Has("HeadWidth")) return;
        AttentionForm form = Form(attribute, check.Width ?? 0);
        if (form.HeadWidth % LayerCheck.Lanes != 0 || form.PredictorWidth % LayerCheck.Lanes == 0) return;
        string[] nearest = [.. LayerCheck.Nearest(LayerCheck.Multiples(form.PredictorWidth).Where(width => width < form.HeadWidth), form.PredictorWidth).Select(width => Text.Invariant(width))];
        if (nearest.Length == 0) return;
        check.Report(DiagnosticCatalogue.PredictorLanes, "PredictorWidth", nearest.Select(width => "PredictorWidth = " + width), form.PredictorWidth, form.HeadWidth, string.Join(" or ", nearest));
    }

    protected override AttentionForm Form(AttributeDeclaration attribute, int width)
    {
        AttentionForm form = base.Form(attribute, width);
        return form with { PredictorWidth = Predictor(attribute, form.HeadWidth) };
    }

    private static int Predictor(AttributeDeclaration attribute, int headWidth) => attribute.Int("PredictorWidth", headWidth / 2);
}
