namespace ModelDsl.Benchmarks;

/// <summary>Dense gated layers of Gemma 2's smallest model, six after each other: more weights than any cache holds.</summary>
[Model(Width = 2304, Context = 16)]
public sealed partial class DenseFfnStack
{
    [Embedding(Vocabulary = 256)]
    public partial Embedding Tokens { get; }

    [Repeat(6)]
    public partial BlockStack<DenseFfnBlock> Blocks { get; }

    [LanguageHead(TiedTo = nameof(Tokens))]
    public partial Head Head { get; }
}

[Block]
public sealed partial class DenseFfnBlock
{
    [PreNorm, Residual]
    [GatedFfn(Hidden = 9216, Activation = Activation.GeluTanh)]
    public partial Ffn Ffn { get; }
}

/// <summary>The layers of as many parameters in the Spark Transformer.</summary>
[Model(Width = 2304, Context = 16)]
public sealed partial class SparkFfnStack
{
    [Embedding(Vocabulary = 256)]
    public partial Embedding Tokens { get; }

    [Repeat(6)]
    public partial BlockStack<SparkFfnBlock> Blocks { get; }

    [LanguageHead(TiedTo = nameof(Tokens))]
    public partial Head Head { get; }
}

[Block]
public sealed partial class SparkFfnBlock
{
    [PreNorm, Residual]
    [SparkFfn(Hidden = 13824, Active = 1106, PredictorWidth = 1024)]
    public partial Ffn Ffn { get; }
}

/// <summary>The shape of Gemma 2's smallest model: 26 layers, windows and whole contexts by turns.</summary>
[Model(Width = 2304, Context = 8192)]
public sealed partial class DenseGemma
{
    [Embedding(Vocabulary = 256000)]
    public partial Embedding Tokens { get; }

    [Repeat(13)]
    public partial BlockStack<DenseGemmaPair> Blocks { get; }

    [RmsNorm]
    public partial Norm FinalNorm { get; }

    [LanguageHead(TiedTo = nameof(Tokens), SoftCap = 30)]
    public partial Head Head { get; }
}

[Block]
public sealed partial class DenseGemmaPair
{
    [PreNorm, PostNorm, Residual]
    [Attention(Heads = 8, KeyValueHeads = 4, HeadWidth = 256, Rotary = true, Window = 4096, SoftCap = 50)]
    public partial Attention Near { get; }

    [PreNorm, PostNorm, Residual]
    [GatedFfn(Hidden = 9216, Activation = Activation.GeluTanh)]
    public partial Ffn First { get; }

    [PreNorm, PostNorm, Residual]
    [Attention(Heads = 8, KeyValueHeads = 4, HeadWidth = 256, Rotary = true, SoftCap = 50)]
    public partial Attention Far { get; }

    [PreNorm, PostNorm, Residual]
    [GatedFfn(Hidden = 9216, Activation = Activation.GeluTanh)]
    public partial Ffn Second { get; }
}

/// <summary>The same as a Spark Transformer.</summary>
[Model(Width = 2304, Context = 8192)]
public sealed partial class SparkGemma
{
    [Embedding(Vocabulary = 256000)]
    public partial Embedding Tokens { get; }

    [Repeat(13)]
    public partial BlockStack<SparkGemmaPair> Blocks { get; }

    [RmsNorm]
    public partial Norm FinalNorm { get; }

    [LanguageHead(TiedTo = nameof(Tokens), SoftCap = 30)]
    public partial Head Head { get; }
}

[Block]
public sealed partial class SparkGemmaPair
{
    [PreNorm, PostNorm, Residual]
    [SparkAttention(Heads = 8, KeyValueHeads = 4, HeadWidth = 256, Rotary = true, Window = 4096, SoftCap = 50, TopK = 256, PredictorWidth = 128)]
    public partial Attention Near { get; }

    [PreNorm, PostNorm, Residual]
    [SparkFfn(Hidden = 13824, Active = 1106, PredictorWidth = 1024)]
    public partial Ffn First { get; }

    [PreNorm, PostNorm, Residual]
    [SparkAttention(Heads = 8, KeyValueHeads = 4, HeadWidth = 256, Rotary = true, SoftCap = 50, TopK = 256, PredictorWidth = 128)]
    public partial Attention Far { get; }

    [PreNorm, PostNorm, Residual]
    [SparkFfn(Hidden = 13824, Active = 1106, PredictorWidth = 1024)]
    public partial Ffn Second { get; }
}

/// <summary>27.5 million parameters, dense and gated: what a Spark model of the same size is trained against.</summary>
[Model(Width = 768, Context = 256)]
public sealed partial class DenseSmall
{
    [Embedding(Vocabulary = 8192)]
    public partial Embedding Tokens { get; }

    [Repeat(3)]
    public partial BlockStack<DenseSmallBlock> Blocks { get; }

    [RmsNorm]
    public partial Norm FinalNorm { get; }

    [LanguageHead(TiedTo = nameof(Tokens))]
    public partial Head Head { get; }
}

[Block]
public sealed partial class DenseSmallBlock
{
    [PreNorm, Residual]
    [Attention(HeadWidth = 64, Rotary = true)]
    public partial Attention Attention { get; }

    [PreNorm, Residual]
    [GatedFfn(Hidden = 2048, Activation = Activation.GeluTanh)]
    public partial Ffn Ffn { get; }
}

/// <summary>As many parameters with a Spark feed-forward layer.</summary>
[Model(Width = 768, Context = 256)]
public sealed partial class SparkSmall
{
    [Embedding(Vocabulary = 8192)]
    public partial Embedding Tokens { get; }

    [Repeat(3)]
    public partial BlockStack<SparkSmallBlock> Blocks { get; }

    [RmsNorm]
    public partial Norm FinalNorm { get; }

    [LanguageHead(TiedTo = nameof(Tokens))]
    public partial Head Head { get; }
}

[Block]
public sealed partial class SparkSmallBlock
{
    [PreNorm, Residual]
    [Attention(HeadWidth = 64, Rotary = true)]
    public partial Attention Attention { get; }

    [PreNorm, Residual]
    [SparkFfn(Hidden = 3072, ActiveFraction = 0.08, PredictorWidth = 384)]
    public partial Ffn Ffn { get; }
}
