using static TorchSharp.torch;

namespace ModelDsl.TorchReference;

/// <summary>A feed-forward layer of which a few neurons are active: Downᵀ(act(topk(s)) · Up(·)), where s is the predictor's or the gate's product, or Up's own where there is neither.</summary>
internal sealed record TorchSelectingFfn : TorchSublayer
{
    /// <summary>Hidden width.</summary>
    public required int Hidden { get; init; }

    /// <summary>How many neurons are to be active.</summary>
    public required int Active { get; init; }

    /// <summary>Leading columns of the input that select; 0 where all do.</summary>
    public int PredictorWidth { get; init; }

    /// <summary>Without a predictor: whether a gate selects.</summary>
    public bool Gated { get; init; } = true;

    /// <summary>The activation of what is selected.</summary>
    public Activation Activation { get; init; } = Activation.GeluTanh;

    /// <summary>How neurons are selected.</summary>
    public TopKSelection Selection { get; init; }

    /// <summary>The deviation of a statistical selection.</summary>
    public Deviation Deviation { get; init; }

    /// <summary>Whether gradients flow through its threshold.</summary>
    public ThresholdGradient ThresholdGradient { get; init; }

    /// <summary>Width over which its kink is rounded; 0 for none.</summary>
    public double Huber { get; init; }

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, long[] Shape)> BodyParameters(string path, int width) =>
    [
        .. PredictorWidth > 0 ? LinearParameters($"{path}.Predictor", Hidden, PredictorWidth, bias: false) : Gated ? LinearParameters($"{path}.Gate", Hidden, width, bias: false) : [],
        .. LinearParameters($"{path}.Up", Hidden, width - PredictorWidth, bias: false),
        .. LinearParameters($"{path}.Down", Hidden, width, bias: false),
    ];

    /// <inheritdoc/>
    protected override Tensor Body(TorchRun run, string path, Tensor x)
    {
        Tensor hidden;
        if (PredictorWidth > 0)
        {
            Tensor[] parts = x.split([PredictorWidth, x.shape[^1] - PredictorWidth], -1);
            hidden = Activate(Select(run, Linear(run, $"{path}.Predictor", parts[0], bias: false))) * Linear(run, $"{path}.Up", parts[1], bias: false);
        }
        else
        {
            Tensor up = Linear(run, $"{path}.Up", x, bias: false);
            hidden = Gated ? Activate(Select(run, Linear(run, $"{path}.Gate", x, bias: false))) * up : Activate(Select(run, up));
        }

        return hidden.matmul(run.Parameters[$"{path}.Down.Weight"]);
    }

    private Tensor Select(TorchRun run, Tensor x)
    {
        Tensor deviation = x.std([-1L], unbiased: Deviation == Deviation.Sample, keepdim: true);
        if (Selection == TopKSelection.Exact)
        {
            (Tensor values, Tensor indices) = x.topk(Active + 1, -1);
            run.ClosestChoice = Math.Min(run.ClosestChoice, ((values.narrow(-1, Active - 1, 1) - values.narrow(-1, Active, 1)) / deviation).min().to_type(ScalarType.Float64).item<double>());
            return x * zeros_like(x).scatter(-1, indices.narrow(-1, 0, Active), ones_like(values.narrow(-1, 0, Active)));
        }

        Tensor quantile = special.ndtri(tensor(1 - ((double)Active / Hidden), ScalarType.Float64)).to_type(x.dtype);
        Tensor threshold = x.mean([-1L], keepdim: true) + (deviation * quantile);
        Tensor excess = x - (ThresholdGradient == ThresholdGradient.Detached ? threshold.detach() : threshold);
        run.ClosestChoice = Math.Min(run.ClosestChoice, (excess / deviation).abs().min().to_type(ScalarType.Float64).item<double>());
        if (Huber == 0) return nn.functional.relu(excess);
        return where(excess < 0, 0 * excess, where(excess < Huber, excess * excess / (2 * Huber), excess - (Huber / 2)));
    }

    private Tensor Activate(Tensor x) => TorchFfn.Activate(Activation, x);
}
