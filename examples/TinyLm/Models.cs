using ModelDsl;

namespace TinyLmExample;

/// <summary>A Llama-shaped block. Its sizes are relative, so that models of several widths use it.</summary>
[Block]
public sealed partial class LlamaBlock
{
    /// <summary>Causal attention with heads of 64 and rotary positions.</summary>
    [PreNorm, Residual]
    [Attention(HeadWidth = 64, Rotary = true)]
    public partial Attention Attention { get; }

    /// <summary>SwiGLU.</summary>
    [PreNorm, Residual]
    [GatedFfn(HiddenRatio = 2.75)]
    public partial Ffn Ffn { get; }
}

/// <summary>0.84 million parameters: seconds to something like words.</summary>
[Model(Width = 128, Context = 256)]
public sealed partial class NanoLm
{
    /// <summary>A row for each byte.</summary>
    [Embedding(Vocabulary = 256)]
    public partial Embedding Tokens { get; }

    /// <summary>The blocks.</summary>
    [Repeat(4)]
    public partial BlockStack<LlamaBlock> Blocks { get; }

    /// <summary>The last norm.</summary>
    [RmsNorm]
    public partial Norm FinalNorm { get; }

    /// <summary>Logits of the next byte.</summary>
    [LanguageHead(TiedTo = nameof(Tokens))]
    public partial Head Head { get; }
}

/// <summary>4.89 million parameters: the model of this example.</summary>
[Model(Width = 256, Context = 256)]
public sealed partial class TinyLm
{
    /// <summary>A row for each byte.</summary>
    [Embedding(Vocabulary = 256)]
    public partial Embedding Tokens { get; }

    /// <summary>The blocks.</summary>
    [Repeat(6)]
    public partial BlockStack<LlamaBlock> Blocks { get; }

    /// <summary>The last norm.</summary>
    [RmsNorm]
    public partial Norm FinalNorm { get; }

    /// <summary>Logits of the next byte.</summary>
    [LanguageHead(TiedTo = nameof(Tokens))]
    public partial Head Head { get; }
}

/// <summary>14.6 million parameters: for an hour rather than a minute.</summary>
[Model(Width = 384, Context = 256)]
public sealed partial class SmallLm
{
    /// <summary>A row for each byte.</summary>
    [Embedding(Vocabulary = 256)]
    public partial Embedding Tokens { get; }

    /// <summary>The blocks.</summary>
    [Repeat(8)]
    public partial BlockStack<LlamaBlock> Blocks { get; }

    /// <summary>The last norm.</summary>
    [RmsNorm]
    public partial Norm FinalNorm { get; }

    /// <summary>Logits of the next byte.</summary>
    [LanguageHead(TiedTo = nameof(Tokens))]
    public partial Head Head { get; }
}
