using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Operations;

namespace ModelDsl.Compiler.Layers;

/// <summary>Multi-head, grouped-query or multi-query softmax attention with optional rotary embedding, query/key norm, window and soft cap.</summary>
internal class AttentionLayer : LayerKind
{
    public override string Attribute => "Attention";

    public override string Size => "HeadWidth = 64";

    public override Value Lower(Lowering lowering, AttributeDeclaration attribute, Value? input)
    {
        GraphBuilder builder = lowering.Builder;
        AttentionForm form = Form(attribute, lowering.Width);
        bool bias = attribute.Bool("Bias", false);
        bool inputBias = attribute.Bool("QueryKeyValueBias", bias);
        Value query = lowering.Linear(input!, "Query", form.Heads * form.HeadWidth, inputBias);
        Value key = lowering.Linear(input!, "Key", form.KeyValueHeads * form.HeadWidth, inputBias);
        Value value = lowering.Linear(input!, "Value", form.KeyValueHeads * form.HeadWidth, inputBias);
        if (attribute.Bool("QueryKeyNorm", false))
        {
            query = HeadNorm(lowering, query, form.Heads, "QueryNorm");
            key = HeadNorm(lowering, key, form.KeyValueHeads, "KeyNorm");
        }

        if (attribute.Bool("Rotary", false))
        {
            double theta = attribute.Double("RotaryTheta", 10000);
            foreach ((int first, int columns) in Pieces(form))
            {
                int width = attribute.Int("RotaryWidth", columns);
                query = builder.Add(new Rotary(form.Heads, form.HeadWidth, first, width, theta, false), query);
                key = builder.Add(new Rotary(form.KeyValueHeads, form.HeadWidth, first, width, theta, false), key);
            }
        }

        Operation attend = lowering.Kind == ProgramKind.Prefill ? new AttendCached(form) : new Attend(form);
        Value mixed = builder.Add(attend, query, key, value);
        return lowering.Linear(mixed, "Output", lowering.Width, attribute.Bool("OutputBias", bias), lowering.OutputDeviation);
    }

    public override void Check(LayerCheck check)
    {
        AttributeDeclaration attribute = check.Attribute;
        bool sizes = check.InRange("Heads", 1) & check.InRange("KeyValueHeads", 1) & check.InRange("HeadWidth", 1) & check.InRange("RotaryWidth", 2);
        check.InRange("Window", 1);
        check.Positive("RotaryTheta");
        check.Positive("SoftCap", orZero: true);
        if (!attribute.Bool("Rotary", false))
        {
            foreach (string argument in (string[])["RotaryTheta", "RotaryWidth"]) check.Useless(argument, "nothing is rotated: set Rotary = true, or leave it out", "Rotary = true");
        }

        if (!attribute.Has("Heads") && !attribute.Has("HeadWidth")) check.Report(DiagnosticCatalogue.NoSize, "Heads", ["HeadWidth = 64"], "Heads or HeadWidth");
        else if (sizes) CheckHeads(check);
        if (!attribute.Bool("Causal", true) && attribute.Has("Window")) check.Report(DiagnosticCatalogue.WindowNotCausal, "Window", ["Causal", "Window"], attribute.Int("Window", 0));
        if (!attribute.Bool("Causal", true) && check.Model is { } model && ModelChecks.IsLanguageModel(model)) check.Report(DiagnosticCatalogue.NotCausal, "Causal", ["Causal"], model.Type.Name);
    }

    public override void Advise(LayerCheck check)
    {
        AttributeDeclaration attribute = check.Attribute;
        bool hasWidth = attribute.Has("HeadWidth"), isGiven = hasWidth && attribute.Has("Heads");
        if (!isGiven && check.Width is null) return;
        int width = check.Width ?? 0, headWidth = Form(attribute, width).HeadWidth;
        if (headWidth % LayerCheck.Lanes == 0) return;

        // Where one of the two decides, the other follows from the width: it divides into such heads only if it is a multiple itself.
        IEnumerable<int> heads = width % LayerCheck.Lanes == 0 ? LayerCheck.Divisors(width / LayerCheck.Lanes) : [];
        IEnumerable<int> better = isGiven ? LayerCheck.Multiples(headWidth) : hasWidth ? heads.Select(divisor => divisor * LayerCheck.Lanes) : heads;
        string argument = hasWidth ? "HeadWidth" : "Heads";
        string[] nearest = [.. LayerCheck.Nearest(better.Where(value => check.Allows(argument, value)), attribute.Int(argument, 0)).Select(value => $"{argument} = {Text.Invariant(value)}")];
        string remedy = nearest.Length > 0 ? "nearest: " + string.Join(" or ", nearest) : $"no other {argument} gives one here, another width of the model may";
        check.Report(DiagnosticCatalogue.HeadWidthLanes, argument, nearest, headWidth, remedy);
    }

    /// <summary>The parts of a head that turn as vectors of their own: where each starts, and its columns.</summary>
    private static IEnumerable<(int First, int Columns)> Pieces(AttentionForm form)
        => form.PredictorWidth == 0 ? [(0, form.HeadWidth)] : [(0, form.PredictorWidth), (form.PredictorWidth, form.HeadWidth - form.PredictorWidth)];

    private void CheckHeads(LayerCheck check)
    {
        AttributeDeclaration attribute = check.Attribute;
        bool hasHeads = attribute.Has("Heads"), hasWidth = attribute.Has("HeadWidth");
        if (check.Width is { } width && !(hasHeads && hasWidth))
        {
            int divisor = attribute.Int(hasHeads ? "Heads" : "HeadWidth", 1);
            if (width % divisor != 0)
            {
                string what = hasHeads ? $"{Text.Invariant(divisor)} heads" : $"heads of {Text.Invariant(divisor)}";
                string argument = hasHeads ? "Heads" : "HeadWidth";
                string[] nearest = [.. LayerCheck.Nearest(LayerCheck.Divisors(width), divisor).Select(number => Text.Invariant(number))];
                check.Report(
                    DiagnosticCatalogue.HeadsDivideWidth, argument, nearest.Select(number => $"{argument} = {number}"), width, what, divisor, width % divisor, string.Join(" or ", nearest));
                return;
            }
        }

        int? heads = hasHeads ? attribute.Int("Heads", 1) : check.Width / attribute.Int("HeadWidth", 1);
        int? headWidth = hasWidth ? attribute.Int("HeadWidth", 1) : check.Width / attribute.Int("Heads", 1);
        if (heads is { } count && attribute.Int("KeyValueHeads", count) is int shared && count % shared != 0)
        {
            IEnumerable<string> nearest = LayerCheck.Divisors(count).OrderBy(divisor => Math.Abs((long)divisor - shared)).Take(4).Select(divisor => "KeyValueHeads = " + Text.Invariant(divisor));
            check.Report(DiagnosticCatalogue.KeyValueHeads, "KeyValueHeads", nearest, count, shared, string.Join(", ", LayerCheck.Divisors(count).Select(divisor => Text.Invariant(divisor))));
        }

        if (heads is { } all && headWidth is { } each && !check.Fits(hasHeads ? "Heads" : "HeadWidth", 3L * all * each)) return;
        CheckColumns(check, headWidth, hasWidth ? "HeadWidth" : "Heads");
    }

    /// <summary>What the columns of a head, where their number is known, must be.</summary>
    /// <param name="check">The layer.</param>
    /// <param name="headWidth">Columns of a head.</param>
    /// <param name="size">The argument that says so.</param>
    protected virtual void CheckColumns(LayerCheck check, int? headWidth, string size)
    {
        AttributeDeclaration attribute = check.Attribute;
        if (!attribute.Bool("Rotary", false)) return;
        int? rotary = attribute.Has("RotaryWidth") ? attribute.Int("RotaryWidth", 2) : headWidth;
        string where = attribute.Has("RotaryWidth") ? "RotaryWidth" : size;
        if (rotary is not { } turned || (turned % 2 == 0 && !(turned > headWidth))) return;
        IEnumerable<string> even = Even(turned, headWidth ?? LayerCheck.MostColumns);
        check.Report(DiagnosticCatalogue.RotaryWidth, where, even, turned, headWidth ?? turned, turned % 2 == 0 ? "is more than there are" : "is an odd number");
    }

    // Even widths nearest to a wanted one that a head has, as arguments.
    protected static IEnumerable<string> Even(int wanted, int headWidth)
    {
        wanted = Math.Min(wanted, headWidth);
        return new[] { wanted - (wanted % 2), wanted + (wanted % 2) }.Distinct().Where(width => width >= 2 && width <= headWidth).Select(width => "RotaryWidth = " + Text.Invariant(width));
    }

    /// <summary>The constants an attribute means at a width: heads or head width may be left out.</summary>
    protected virtual AttentionForm Form(AttributeDeclaration attribute, int width)
    {
        int headWidth = attribute.Int("HeadWidth", 0);
        int heads = attribute.Int("Heads", headWidth > 0 ? width / headWidth : 1);
        if (headWidth == 0) headWidth = width / heads;
        return new AttentionForm(heads, attribute.Int("KeyValueHeads", heads), headWidth, attribute.Bool("Causal", true), attribute.Int("Window", 0), attribute.Double("SoftCap", 0));
    }

    private static Value HeadNorm(Lowering lowering, Value value, int heads, string name)
    {
        Value split = lowering.Builder.Add(new SplitHeads(heads), value);
        return lowering.Builder.Add(new MergeHeads(heads), lowering.Norm(split, name, NormKind.RmsNorm, 1e-5, bias: false));
    }
}
