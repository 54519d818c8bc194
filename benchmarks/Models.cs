namespace ModelDsl.Benchmarks;

/// <summary>13.9 million parameters: GPT-2's shape.</summary>
[Model(Width = 384, Context = 256)]
public sealed partial class SmallGpt2
{
    [Embedding(Vocabulary = 8192, LearnedPositions = true)]
    public partial Embedding Tokens { get; }

    [Repeat(6)]
    public partial BlockStack<Gpt2Block> Blocks { get; }

    [LayerNorm]
    public partial Norm FinalNorm { get; }

    [LanguageHead(TiedTo = nameof(Tokens))]
    public partial Head Head { get; }
}

[Block]
public sealed partial class Gpt2Block
{
    [PreNorm(NormKind.LayerNorm), Residual]
    [Attention(Heads = 6, Bias = true)]
    public partial Attention Attention { get; }

    [PreNorm(NormKind.LayerNorm), Residual]
    [Ffn(HiddenRatio = 4, Activation = Activation.GeluTanh, Bias = true)]
    public partial Ffn Ffn { get; }
}

/// <summary>110 million parameters: Llama's shape.</summary>
[Model(Width = 768, Context = 1024)]
public sealed partial class SmallLlama
{
    [Embedding(Vocabulary = 32000)]
    public partial Embedding Tokens { get; }

    [Repeat(12)]
    public partial BlockStack<LlamaBlock> Blocks { get; }

    [RmsNorm]
    public partial Norm FinalNorm { get; }

    [LanguageHead(TiedTo = nameof(Tokens))]
    public partial Head Head { get; }
}

[Block]
public sealed partial class LlamaBlock
{
    [PreNorm, Residual]
    [Attention(Heads = 12, Rotary = true)]
    public partial Attention Attention { get; }

    [PreNorm, Residual]
    [GatedFfn(Hidden = 2048)]
    public partial Ffn Ffn { get; }
}
