using ModelDsl;

namespace SparkLmExample;

// Four models of 1.82 million parameters each. They differ in their blocks only: a gated layer of 512 hidden columns has three matrices, a Spark layer
// of 768 two, the first of which reads one half of the stream (the predictor) and the second the other.

/// <summary>The baseline: a Llama-shaped block, every neuron and every key in use.</summary>
[Block]
public sealed partial class DenseBlock
{
    /// <summary>Causal attention over all earlier positions.</summary>
    [PreNorm, Residual]
    [Attention(HeadWidth = 64, Rotary = true)]
    public partial Attention Attention { get; }

    /// <summary>A gated layer with GELU.</summary>
    [PreNorm, Residual]
    [GatedFfn(Hidden = 512, Activation = Activation.GeluTanh)]
    public partial Ffn Ffn { get; }
}

/// <summary>The same layer with statistical top-k on its gate: sparse, but to know which neurons are active costs the whole gate.</summary>
[Block]
public sealed partial class TopKBlock
{
    /// <summary>Causal attention over all earlier positions.</summary>
    [PreNorm, Residual]
    [Attention(HeadWidth = 64, Rotary = true)]
    public partial Attention Attention { get; }

    /// <summary>About 8 % of the gates are open.</summary>
    [PreNorm, Residual]
    [TopKFfn(Hidden = 512, ActiveFraction = 0.08)]
    public partial Ffn Ffn { get; }
}

/// <summary>Spark FFN: one half of the input chooses the neurons, the other half computes them.</summary>
[Block]
public sealed partial class SparkFfnBlock
{
    /// <summary>Causal attention over all earlier positions.</summary>
    [PreNorm, Residual]
    [Attention(HeadWidth = 64, Rotary = true)]
    public partial Attention Attention { get; }

    /// <summary>About 8 % of the neurons are active.</summary>
    [PreNorm, Residual]
    [SparkFfn(Hidden = 768, ActiveFraction = 0.08, PredictorWidth = 96)]
    public partial Ffn Ffn { get; }
}

/// <summary>Spark FFN and Spark attention.</summary>
[Block]
public sealed partial class SparkBlock
{
    /// <summary>One half of a head chooses about 64 earlier positions, the other half weighs them.</summary>
    [PreNorm, Residual]
    [SparkAttention(HeadWidth = 64, Rotary = true, TopK = 64, PredictorWidth = 32)]
    public partial Attention Attention { get; }

    /// <summary>About 8 % of the neurons are active.</summary>
    [PreNorm, Residual]
    [SparkFfn(Hidden = 768, ActiveFraction = 0.08, PredictorWidth = 96)]
    public partial Ffn Ffn { get; }
}

/// <summary>A model of <see cref="DenseBlock"/>.</summary>
[Model(Width = 192, Context = 256)]
public sealed partial class DenseLm
{
    /// <summary>A row for each byte.</summary>
    [Embedding(Vocabulary = 256)]
    public partial Embedding Tokens { get; }

    /// <summary>The blocks.</summary>
    [Repeat(4)]
    public partial BlockStack<DenseBlock> Blocks { get; }

    /// <summary>The last norm.</summary>
    [RmsNorm]
    public partial Norm FinalNorm { get; }

    /// <summary>Logits of the next byte.</summary>
    [LanguageHead(TiedTo = nameof(Tokens))]
    public partial Head Head { get; }
}

/// <summary>A model of <see cref="TopKBlock"/>.</summary>
[Model(Width = 192, Context = 256)]
public sealed partial class TopKLm
{
    /// <summary>A row for each byte.</summary>
    [Embedding(Vocabulary = 256)]
    public partial Embedding Tokens { get; }

    /// <summary>The blocks.</summary>
    [Repeat(4)]
    public partial BlockStack<TopKBlock> Blocks { get; }

    /// <summary>The last norm.</summary>
    [RmsNorm]
    public partial Norm FinalNorm { get; }

    /// <summary>Logits of the next byte.</summary>
    [LanguageHead(TiedTo = nameof(Tokens))]
    public partial Head Head { get; }
}

/// <summary>A model of <see cref="SparkFfnBlock"/>.</summary>
[Model(Width = 192, Context = 256)]
public sealed partial class SparkFfnLm
{
    /// <summary>A row for each byte.</summary>
    [Embedding(Vocabulary = 256)]
    public partial Embedding Tokens { get; }

    /// <summary>The blocks.</summary>
    [Repeat(4)]
    public partial BlockStack<SparkFfnBlock> Blocks { get; }

    /// <summary>The last norm.</summary>
    [RmsNorm]
    public partial Norm FinalNorm { get; }

    /// <summary>Logits of the next byte.</summary>
    [LanguageHead(TiedTo = nameof(Tokens))]
    public partial Head Head { get; }
}

/// <summary>A model of <see cref="SparkBlock"/>.</summary>
[Model(Width = 192, Context = 256)]
public sealed partial class SparkLm
{
    /// <summary>A row for each byte.</summary>
    [Embedding(Vocabulary = 256)]
    public partial Embedding Tokens { get; }

    /// <summary>The blocks.</summary>
    [Repeat(4)]
    public partial BlockStack<SparkBlock> Blocks { get; }

    /// <summary>The last norm.</summary>
    [RmsNorm]
    public partial Norm FinalNorm { get; }

    /// <summary>Logits of the next byte.</summary>
    [LanguageHead(TiedTo = nameof(Tokens))]
    public partial Head Head { get; }
}
