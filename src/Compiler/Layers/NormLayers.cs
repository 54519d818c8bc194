using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Graph;

namespace ModelDsl.Compiler.Layers;

/// <summary>x / sqrt(mean(x²) + ε) · w (Zhang and Sennrich 2019).</summary>
internal sealed class RmsNormLayer : LayerKind
{
    public override string Attribute => "RmsNorm";

    public override Value Lower(Lowering lowering, AttributeDeclaration attribute, Value? input)
        => lowering.Norm(input!, "", NormKind.RmsNorm, attribute.Double("Epsilon", 1e-5), bias: false);

    public override void Check(LayerCheck check) => check.Positive("Epsilon");
}

/// <summary>(x - mean) / sqrt(variance + ε) · w + b (Ba et al. 2016).</summary>
internal sealed class LayerNormLayer : LayerKind
{
    public override string Attribute => "LayerNorm";

    public override Value Lower(Lowering lowering, AttributeDeclaration attribute, Value? input)
        => lowering.Norm(input!, "", NormKind.LayerNorm, attribute.Double("Epsilon", 1e-5), attribute.Bool("Bias", true));

    public override void Check(LayerCheck check) => check.Positive("Epsilon");
}
