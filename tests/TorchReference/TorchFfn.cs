using static TorchSharp.torch;

namespace ModelDsl.TorchReference;

/// <summary>A feed-forward layer: Down(act(Up(x))), or Down(act(Gate(x)) · Up(x)) where it is gated.</summary>
internal sealed record TorchFfn : TorchSublayer
{
    /// <summary>Hidden width.</summary>
    public required int Hidden { get; init; }

    /// <summary>Whether there is a gate.</summary>
    public bool Gated { get; init; }

    /// <summary>The activation: of the gate where there is one.</summary>
    public Activation Activation { get; init; } = Activation.Gelu;

    /// <summary>Whether the products have biases.</summary>
    public bool Bias { get; init; }

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, long[] Shape)> BodyParameters(string path, int width) =>
    [
        .. Gated ? LinearParameters($"{path}.Gate", Hidden, width, Bias) : [],
        .. LinearParameters($"{path}.Up", Hidden, width, Bias),
        .. LinearParameters($"{path}.Down", width, Hidden, Bias),
    ];

    /// <inheritdoc/>
    protected override Tensor Body(TorchRun run, string path, Tensor x)
    {
        Tensor up = Linear(run, $"{path}.Up", x, Bias);
        Tensor hidden = Gated ? Activate(Linear(run, $"{path}.Gate", x, Bias)) * up : Activate(up);
        return Linear(run, $"{path}.Down", hidden, Bias);
    }

    private Tensor Activate(Tensor x) => Activate(Activation, x);

    /// <summary>An activation.</summary>
    public static Tensor Activate(Activation activation, Tensor x) => activation switch
    {
        Activation.Gelu => nn.functional.gelu(x),
        Activation.GeluTanh => nn.functional.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh),
        Activation.Relu => nn.functional.relu(x),
        Activation.SquaredRelu => nn.functional.relu(x).square(),
        _ => nn.functional.silu(x),
    };
}
