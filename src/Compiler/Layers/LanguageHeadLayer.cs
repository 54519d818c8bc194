using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Expressions;
using ModelDsl.Compiler.Graph.Operations;

namespace ModelDsl.Compiler.Layers;

/// <summary>Logits of the vocabulary, from an embedding's table or weights of its own.</summary>
internal sealed class LanguageHeadLayer : LayerKind
{
    public override string Attribute => "LanguageHead";

    public override Value Lower(Lowering lowering, AttributeDeclaration attribute, Value? input)
    {
        GraphBuilder builder = lowering.Builder;
        Value stream = lowering.Kind == ProgramKind.Prefill ? builder.Add(new LastPosition(), input!) : input!;
        int vocabulary = lowering.Vocabulary(attribute);
        Value weight = attribute.String("TiedTo") is { } table
            ? lowering.Table(table)
            : builder.Parameter(lowering.Declare("Weight", ParameterStart.Gaussian(Lowering.Deviation), decay: true, vocabulary, lowering.Width));
        Value logits = builder.Add(new Contract(false, true), stream, weight);
        if (attribute.Bool("Bias", false))
            logits = builder.Pointwise(new Argument(0) + new Argument(1), logits, builder.Parameter(lowering.Declare("Bias", ParameterStart.Constant(0), decay: false, vocabulary)));
        double cap = attribute.Double("SoftCap", 0);
        return cap > 0 ? builder.Pointwise(cap * Algebra.Apply(UnaryOperator.Tanh, (1 / cap) * new Argument(0)), logits) : logits;
    }

    public override void Check(LayerCheck check)
    {
        bool inRange = check.InRange("Vocabulary", 2);
        check.Positive("SoftCap", orZero: true);
        AttributeDeclaration attribute = check.Attribute;
        int? rows = check.Model?.Members.Select(member => member.Find("Embedding")).FirstOrDefault(embedding => embedding is not null)?.Int("Vocabulary", 0);
        if (inRange && attribute.Has("Vocabulary") && rows is > 0 and { } vocabulary && vocabulary != attribute.Int("Vocabulary", vocabulary))
            check.Report(DiagnosticCatalogue.VocabularyDiffers, "Vocabulary", ["Vocabulary"], attribute.Int("Vocabulary", 0), vocabulary);
    }
}
