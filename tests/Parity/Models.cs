namespace ModelDsl.Parity;

/// <summary>GPT-2's shape, small.</summary>
[Model(Width = 48, Context = 40)]
internal sealed partial class TinyGpt2
{
    [Embedding(Vocabulary = 101, LearnedPositions = true)]
    public partial Embedding Tokens { get; }

    [Repeat(3)]
    public partial BlockStack<TinyGpt2Block> Blocks { get; }

    [LayerNorm]
    public partial Norm FinalNorm { get; }

    [LanguageHead(TiedTo = nameof(Tokens))]
    public partial Head Head { get; }
}

[Block]
internal sealed partial class TinyGpt2Block
{
    [PreNorm(NormKind.LayerNorm), Residual]
    [Attention(Heads = 4, Bias = true)]
    public partial Attention Attention { get; }

    [PreNorm(NormKind.LayerNorm), Residual]
    [Ffn(HiddenRatio = 4, Activation = Activation.GeluTanh, Bias = true)]
    public partial Ffn Ffn { get; }
}

/// <summary>Llama's shape, small.</summary>
[Model(Width = 40, Context = 48)]
internal sealed partial class TinyLlama
{
    [Embedding(Vocabulary = 77)]
    public partial Embedding Tokens { get; }

    [Repeat(2)]
    public partial BlockStack<TinyLlamaBlock> Blocks { get; }

    [RmsNorm]
    public partial Norm FinalNorm { get; }

    [LanguageHead]
    public partial Head Head { get; }
}

[Block]
internal sealed partial class TinyLlamaBlock
{
    [PreNorm, Residual]
    [Attention(Heads = 4, KeyValueHeads = 2, HeadWidth = 10, Rotary = true)]
    public partial Attention Attention { get; }

    [PreNorm, Residual]
    [GatedFfn(Hidden = 100)]
    public partial Ffn Ffn { get; }
}
