using ModelDsl;

namespace Minimal;

/// <summary>A model of 32 tokens.</summary>
[Model(Width = 32, Context = 16)]
public sealed partial class MinimalLm
{
    /// <summary>A row for each token.</summary>
    [Embedding(Vocabulary = 32)]
    public partial Embedding Tokens { get; }

    /// <summary>Two blocks.</summary>
    [Repeat(2)]
    public partial BlockStack<MinimalBlock> Blocks { get; }

    /// <summary>Logits of the next token.</summary>
    [LanguageHead]
    public partial Head Head { get; }
}

/// <summary>Attention and a gated feed-forward layer, each normed before and added to the stream.</summary>
[Block]
public sealed partial class MinimalBlock
{
    /// <summary>Two heads with rotary positions.</summary>
    [PreNorm, Residual, Attention(Heads = 2, Rotary = true)]
    public partial Attention Attention { get; }

    /// <summary>SwiGLU.</summary>
    [PreNorm, Residual, GatedFfn(HiddenRatio = 2)]
    public partial Ffn Ffn { get; }
}
