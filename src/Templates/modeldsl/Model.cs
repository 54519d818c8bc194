using ModelDsl;

/// <summary>A language model over bytes. Change a number to one that does not fit, and the compiler says what would.</summary>
[Model(Width = 128, Context = 128)]
public sealed partial class TextModel
{
    /// <summary>A row for each byte.</summary>
    [Embedding(Vocabulary = 256)]
    public partial Embedding Tokens { get; }

    /// <summary>The blocks, one after the other.</summary>
    [Repeat(4)]
    public partial BlockStack<TextBlock> Blocks { get; }

    /// <summary>The norm before the head.</summary>
    [RmsNorm]
    public partial Norm FinalNorm { get; }

    /// <summary>Logits of the next byte, from the embedding's own rows.</summary>
    [LanguageHead(TiedTo = nameof(Tokens))]
    public partial Head Head { get; }
}

/// <summary>Attention, then a gated feed-forward layer; each is normed before and added to the stream.</summary>
[Block]
public sealed partial class TextBlock
{
    /// <summary>Two heads with rotary positions.</summary>
    [PreNorm, Residual]
    [Attention(HeadWidth = 64, Rotary = true)]
    public partial Attention Attention { get; }

    /// <summary>SwiGLU.</summary>
    [PreNorm, Residual]
    [GatedFfn(HiddenRatio = 2.75)]
    public partial Ffn Ffn { get; }
}
