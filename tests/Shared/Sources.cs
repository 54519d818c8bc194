namespace ModelDsl.TestSupport;

/// <summary>Declarations that several tests use.</summary>
internal static class Sources
{
    /// <summary>A GPT-2 shape: learned positions, layer norms, biases, a tied head.</summary>
    public const string Gpt2 = """
        using ModelDsl;

        namespace Demo;

        /// <summary>A GPT-2 shape.</summary>
        [Model(Width = 384, Context = 256)]
        public sealed partial class Gpt2
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

        /// <summary>A block of it.</summary>
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
        """;

    /// <summary>A Llama shape: rotary positions, grouped heads, RMS norms, a gated layer, a head of its own.</summary>
    public const string Llama = """
        using ModelDsl;

        namespace Demo;

        [Model(Width = 768, Context = 1024)]
        public sealed partial class Llama
        {
            [Embedding(Vocabulary = 32000)] public partial Embedding Tokens { get; }
            [Repeat(12)]                    public partial BlockStack<LlamaBlock> Blocks { get; }
            [RmsNorm]                       public partial Norm FinalNorm { get; }
            [LanguageHead]                  public partial Head Head { get; }
        }

        [Block]
        public sealed partial class LlamaBlock
        {
            [PreNorm, Residual]
            [Attention(Heads = 12, KeyValueHeads = 4, Rotary = true, RotaryTheta = 500000)]
            public partial Attention Attention { get; }

            [PreNorm, Residual]
            [GatedFfn(Hidden = 2048)]
            public partial Ffn Ffn { get; }
        }
        """;

    /// <summary>A module without ends, of nested blocks.</summary>
    public const string Nested = """
        using ModelDsl;

        namespace Demo;

        [Model(Width = 64, Context = 32)]
        internal sealed partial class Encoder
        {
            [Repeat(3)] public partial BlockStack<Pair> Pairs { get; }
            public partial Wide Tail { get; }
            [RmsNorm] internal partial Norm Norm { get; }
        }

        [Block]
        internal sealed partial class Pair
        {
            public partial Wide First { get; }
            [Repeat(2)] public partial BlockStack<Wide> Rest { get; }
        }

        [Block]
        internal sealed partial class Wide
        {
            [PreNorm, PostNorm, Residual]
            [Ffn(HiddenRatio = 2.5, Activation = Activation.SquaredRelu)]
            public partial Ffn Ffn { get; }
        }
        """;

    /// <summary>128 layers of two kinds, alternating.</summary>
    public const string Deep = """
        using ModelDsl;

        namespace Demo;

        [Model(Width = 256, Context = 512)]
        public sealed partial class Deep
        {
            [Embedding(Vocabulary = 4096)] public partial Embedding Tokens { get; }
            [Repeat(32)] public partial BlockStack<Pair> Pairs { get; }
            [RmsNorm] public partial Norm FinalNorm { get; }
            [LanguageHead(TiedTo = nameof(Tokens))] public partial Head Head { get; }
        }

        [Block]
        public sealed partial class Pair
        {
            public partial Wide Wide { get; }
            public partial Narrow Narrow { get; }
        }

        [Block]
        public sealed partial class Wide
        {
            [PreNorm, Residual, Attention(Heads = 8, KeyValueHeads = 2, Rotary = true, QueryKeyNorm = true)] public partial Attention Attention { get; }
            [PreNorm, PostNorm, Residual, GatedFfn(HiddenRatio = 3)] public partial Ffn Ffn { get; }
        }

        [Block]
        public sealed partial class Narrow
        {
            [PreNorm(NormKind.LayerNorm), Residual, Attention(Heads = 4, Window = 64, SoftCap = 30, Bias = true)] public partial Attention Attention { get; }
            [PostNorm(NormKind.LayerNorm), Residual, Ffn(HiddenRatio = 4, Bias = true)] public partial Ffn Ffn { get; }
        }
        """;
}
