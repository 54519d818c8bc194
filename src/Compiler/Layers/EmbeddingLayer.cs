using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Expressions;
using ModelDsl.Compiler.Graph.Operations;

namespace ModelDsl.Compiler.Layers;

/// <summary>A table's row for each token, plus a learned row for each position if asked for.</summary>
internal sealed class EmbeddingLayer : LayerKind
{
    public override string Attribute => "Embedding";

    // Every byte.
    public override string Size => "Vocabulary = 256";

    public override Value Lower(Lowering lowering, AttributeDeclaration attribute, Value? input)
    {
        GraphBuilder builder = lowering.Builder;
        Value tokens = builder.Input(Role.Tokens, Shape.Activation(1));
        Value table = builder.Parameter(lowering.Declare("Weight", ParameterStart.Gaussian(Lowering.Deviation), decay: false, attribute.Int("Vocabulary", 0), lowering.Width));
        lowering.RememberTable(table);
        Value output = builder.Add(new Gather(GatherIndex.Token), tokens, table);
        if (!attribute.Bool("LearnedPositions", false)) return output;
        Value positions = builder.Parameter(lowering.Declare("Positions", ParameterStart.Gaussian(Lowering.Deviation), decay: false, lowering.Context, lowering.Width));
        return builder.Pointwise("Sum", new Argument(0) + new Argument(1), output, builder.Add(new Gather(GatherIndex.Position), tokens, positions));
    }

    public override void Check(LayerCheck check)
    {
        if (!check.Attribute.Has("Vocabulary")) check.Report(DiagnosticCatalogue.NoSize, "Vocabulary", [Size], "Vocabulary");
        check.InRange("Vocabulary", 2);
    }
}
