using static TorchSharp.torch;

namespace ModelDsl.TorchReference;

/// <summary>What a run of reference layers shares.</summary>
/// <param name="Parameters">Values by path name.</param>
internal sealed record TorchRun(TorchParameters Parameters)
{
    /// <summary>Take torch's fused attention, for speed, instead of the plain definition.</summary>
    public bool Fused { get; init; }

    /// <summary>Keys and values of earlier positions, in decoding.</summary>
    public TorchCache? Cache { get; init; }

    /// <summary>The first position of the rows of this run.</summary>
    public int Start { get; init; }

    /// <summary>For each position [batch, time] the first one of its document, or null for one document a sequence.</summary>
    public Tensor? SegmentStarts { get; init; }

    /// <summary>The least distance, in standard deviations, at which a value decided whether a neuron or a position was selected: below rounding, another computation may decide otherwise.</summary>
    public double ClosestChoice { get; set; } = double.PositiveInfinity;

    private readonly Dictionary<(int Rotated, double Theta), TorchRotation> rotations = [];

    /// <summary>The rotation of this run's <paramref name="time"/> positions, taken from the cache's table or computed, once a run.</summary>
    public TorchRotation Rotation(int rotated, double theta, long time)
    {
        if (!rotations.TryGetValue((rotated, theta), out TorchRotation found))
        {
            found = Cache?.Rotation(rotated, theta, Parameters.Type).Narrow(Start, time) ?? TorchRotation.Of(rotated, theta, Start, time, Parameters.Type);
            rotations.Add((rotated, theta), found);
        }

        return found;
    }
}

/// <summary>A layer of a reference model: its parameters by path name and its forward; torch differentiates.</summary>
internal abstract record TorchLayer
{
    /// <summary>Names and shapes of the parameters of this layer at <paramref name="path"/>, in a stream of <paramref name="width"/>.</summary>
    public abstract IEnumerable<(string Name, long[] Shape)> Parameters(string path, int width);

    /// <summary>The layer's output for <paramref name="x"/> of shape [batch, time, width].</summary>
    public abstract Tensor Forward(TorchRun run, string path, Tensor x);

    /// <summary>x·Wᵀ + b with the weight and, where it is declared, the bias at <paramref name="path"/>.</summary>
    protected static Tensor Linear(TorchRun run, string path, Tensor x, bool bias)
        => nn.functional.linear(x, run.Parameters[$"{path}.Weight"], bias ? run.Parameters[$"{path}.Bias"] : null);

    /// <summary>Names and shapes of a product's weight [out, in] and bias [out].</summary>
    protected static IEnumerable<(string Name, long[] Shape)> LinearParameters(string path, int outputs, int inputs, bool bias)
    {
        yield return ($"{path}.Weight", [outputs, inputs]);
        if (bias) yield return ($"{path}.Bias", [outputs]);
    }

    /// <summary>cap·tanh(x / cap); x where the cap is 0.</summary>
    public static Tensor Cap(Tensor x, double cap) => cap == 0 ? x : cap * tanh(x / cap);
}

/// <summary>Layers one after the other, named as the properties of a block are.</summary>
internal sealed record TorchSequence(params (string Name, TorchLayer Layer)[] Layers) : TorchLayer
{
    /// <inheritdoc/>
    public override IEnumerable<(string Name, long[] Shape)> Parameters(string path, int width)
        => Layers.SelectMany(item => item.Layer.Parameters(Join(path, item.Name), width));

    /// <inheritdoc/>
    public override Tensor Forward(TorchRun run, string path, Tensor x)
    {
        foreach ((string name, TorchLayer layer) in Layers) x = layer.Forward(run, Join(path, name), x);
        return x;
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}

/// <summary>A layer repeated with parameters of its own each time: path, dot, index.</summary>
internal sealed record TorchStack(TorchLayer Layer, int Count) : TorchLayer
{
    /// <inheritdoc/>
    public override IEnumerable<(string Name, long[] Shape)> Parameters(string path, int width)
        => Enumerable.Range(0, Count).SelectMany(i => Layer.Parameters($"{path}.{i}", width));

    /// <inheritdoc/>
    public override Tensor Forward(TorchRun run, string path, Tensor x)
    {
        for (int i = 0; i < Count; i++) x = Layer.Forward(run, $"{path}.{i}", x);
        return x;
    }
}

/// <summary>A norm over the last axis.</summary>
internal sealed record TorchNorm(NormKind Kind, double Epsilon = 1e-5) : TorchLayer
{
    /// <summary>Whether a layer norm has a bias.</summary>
    public bool Bias { get; init; } = true;

    private bool HasBias => Kind == NormKind.LayerNorm && Bias;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, long[] Shape)> Parameters(string path, int width)
    {
        yield return ($"{path}.Weight", [width]);
        if (HasBias) yield return ($"{path}.Bias", [width]);
    }

    /// <inheritdoc/>
    public override Tensor Forward(TorchRun run, string path, Tensor x)
    {
        Tensor weight = run.Parameters[$"{path}.Weight"];
        return Kind == NormKind.LayerNorm
            ? nn.functional.layer_norm(x, [x.shape[^1]], weight, HasBias ? run.Parameters[$"{path}.Bias"] : null, Epsilon)
            : x * rsqrt((x * x).mean([-1], keepdim: true) + Epsilon) * weight;
    }
}

/// <summary>A layer with what surrounds it: x + PostNorm(layer(PreNorm(x))), or PostNorm(x + layer(x)).</summary>
internal abstract record TorchSublayer : TorchLayer
{
    /// <summary>The norm before the layer.</summary>
    public TorchNorm? PreNorm { get; init; }

    /// <summary>The norm after the layer.</summary>
    public TorchNorm? PostNorm { get; init; }

    /// <summary>Whether the norm after the layer stands before the sum; by default whether there is a norm before the layer.</summary>
    public bool? InsideResidual { get; init; }

    /// <summary>Whether the input is added to the output.</summary>
    public bool Residual { get; init; } = true;

    /// <inheritdoc/>
    public sealed override IEnumerable<(string Name, long[] Shape)> Parameters(string path, int width) =>
    [
        .. PreNorm?.Parameters($"{path}.PreNorm", width) ?? [],
        .. BodyParameters(path, width),
        .. PostNorm?.Parameters($"{path}.PostNorm", width) ?? [],
    ];

    /// <inheritdoc/>
    public sealed override Tensor Forward(TorchRun run, string path, Tensor x)
    {
        Tensor y = Body(run, path, PreNorm?.Forward(run, $"{path}.PreNorm", x) ?? x);
        bool normLast = !(InsideResidual ?? PreNorm is not null);
        if (Residual && normLast) y = x + y;
        if (PostNorm is { } norm) y = norm.Forward(run, $"{path}.PostNorm", y);
        return Residual && !normLast ? x + y : y;
    }

    /// <summary>Parameters of the layer proper.</summary>
    protected abstract IEnumerable<(string Name, long[] Shape)> BodyParameters(string path, int width);

    /// <summary>The layer proper.</summary>
    protected abstract Tensor Body(TorchRun run, string path, Tensor x);
}
