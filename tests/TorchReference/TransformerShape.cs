namespace ModelDsl.TorchReference;

/// <summary>A dense language model: embedding, body, head.</summary>
internal sealed record TransformerShape
{
    /// <summary>Width of the residual stream.</summary>
    public required int Width { get; init; }

    /// <summary>Number of token ids.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Largest number of positions.</summary>
    public required int Context { get; init; }

    /// <summary>Blocks and final norm, under the names of the model's properties.</summary>
    public required TorchSequence Body { get; init; }

    /// <summary>Whether a learned vector a position is added to the embedding.</summary>
    public bool LearnedPositions { get; init; }

    /// <summary>Whether the head's weight is the embedding's.</summary>
    public bool TiedHead { get; init; } = true;

    /// <summary>Whether a bias is added to the logits.</summary>
    public bool HeadBias { get; init; }

    /// <summary>Logits become cap·tanh(logit / cap); 0 for none.</summary>
    public double SoftCap { get; init; }

    /// <summary>Name of the embedding.</summary>
    public string Tokens { get; init; } = "Tokens";

    /// <summary>Name of the head.</summary>
    public string Head { get; init; } = "Head";

    /// <summary>GPT-2's shape: layer norms, learned positions, GELU through tanh, biases, tied head.</summary>
    public static TransformerShape Gpt2(int width, int layers, int heads, int vocabulary, int context, int hidden = 0, bool bias = true) => new()
    {
        Width = width,
        Vocabulary = vocabulary,
        Context = context,
        LearnedPositions = true,
        Body = new TorchSequence(
            ("Blocks", new TorchStack(
                new TorchSequence(
                    ("Attention", new TorchAttention { PreNorm = new TorchNorm(NormKind.LayerNorm), Heads = heads, QueryKeyValueBias = bias, OutputBias = bias }),
                    ("Ffn", new TorchFfn { PreNorm = new TorchNorm(NormKind.LayerNorm), Hidden = hidden == 0 ? 4 * width : hidden, Activation = Activation.GeluTanh, Bias = bias })),
                layers)),
            ("FinalNorm", new TorchNorm(NormKind.LayerNorm))),
    };

    /// <summary>Llama's shape: RMS norms, rotary positions, grouped heads, a SiLU gate, no biases.</summary>
    public static TransformerShape Llama(
        int width, int layers, int heads, int keyValueHeads, int hidden, int vocabulary, int context, double theta = 10000, bool tied = false) => new()
        {
            Width = width,
            Vocabulary = vocabulary,
            Context = context,
            TiedHead = tied,
            Body = new TorchSequence(
                ("Blocks", new TorchStack(
                    new TorchSequence(
                        ("Attention", new TorchAttention { PreNorm = new TorchNorm(NormKind.RmsNorm), Heads = heads, KeyValueHeads = keyValueHeads, RotaryTheta = theta }),
                        ("Ffn", new TorchFfn { PreNorm = new TorchNorm(NormKind.RmsNorm), Hidden = hidden, Gated = true, Activation = Activation.Silu })),
                    layers)),
                ("FinalNorm", new TorchNorm(NormKind.RmsNorm))),
        };
}
