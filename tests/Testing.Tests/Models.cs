namespace ModelDsl.Testing.Tests;

/// <summary>Rotary positions, grouped heads, RMS norms, a gated layer, a tied head.</summary>
[Model(Width = 24, Context = 48)]
public sealed partial class LlamaLm
{
    [Embedding(Vocabulary = 40)] public partial Embedding Tokens { get; }
    [Repeat(2)] public partial BlockStack<LlamaBlock> Blocks { get; }
    [RmsNorm] public partial Norm FinalNorm { get; }
    [LanguageHead(TiedTo = nameof(Tokens))] public partial Head Head { get; }
}

[Block]
public sealed partial class LlamaBlock
{
    [PreNorm, Residual, Attention(Heads = 4, KeyValueHeads = 2, Rotary = true, Window = 11, QueryKeyNorm = true)] public partial Attention Attention { get; }
    [PreNorm, Residual, GatedFfn(HiddenRatio = 2)] public partial Ffn Ffn { get; }
}

/// <summary>Learned positions, layer norms, biases, corners in the activation, a head of its own.</summary>
[Model(Width = 16, Context = 20)]
public sealed partial class ReluLm
{
    [Embedding(Vocabulary = 30, LearnedPositions = true)] public partial Embedding Tokens { get; }
    [Repeat(2)] public partial BlockStack<ReluBlock> Blocks { get; }
    [LayerNorm] public partial Norm FinalNorm { get; }
    [LanguageHead(Bias = true)] public partial Head Head { get; }
}

[Block]
public sealed partial class ReluBlock
{
    [PreNorm(NormKind.LayerNorm), Residual, Attention(Heads = 2, Bias = true)] public partial Attention Attention { get; }
    [PreNorm(NormKind.LayerNorm), Residual, Ffn(HiddenRatio = 4, Activation = Activation.Relu, Bias = true)] public partial Ffn Ffn { get; }
}

/// <summary>A function of activations.</summary>
[Model(Width = 24, Context = 32)]
public sealed partial class BlockFunction
{
    public partial LlamaBlock First { get; }
    public partial LlamaBlock Second { get; }
}
