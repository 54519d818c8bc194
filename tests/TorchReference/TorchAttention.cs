using static TorchSharp.torch;

namespace ModelDsl.TorchReference;

/// <summary>Multi-head attention with all the options of the declaration.</summary>
internal sealed record TorchAttention : TorchSublayer
{
    private static readonly TorchNorm HeadNorm = new(NormKind.RmsNorm);

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key/value heads, each shared by consecutive query heads; 0 for as many as <see cref="Heads"/>.</summary>
    public int KeyValueHeads { get; init; }

    /// <summary>Width of a head; 0 for width / heads.</summary>
    public int HeadWidth { get; init; }

    /// <summary>Base of the rotary angles, or null for none.</summary>
    public double? RotaryTheta { get; init; }

    /// <summary>Leading elements of a head that are rotated; 0 for all.</summary>
    public int RotaryWidth { get; init; }

    /// <summary>Whether a position sees only itself and earlier ones.</summary>
    public bool Causal { get; init; } = true;

    /// <summary>Number of positions a position sees, itself included; 0 for all.</summary>
    public int Window { get; init; }

    /// <summary>Whether each head's queries and keys are RMS-normalised before rotation.</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Whether queries, keys and values have biases.</summary>
    public bool QueryKeyValueBias { get; init; }

    /// <summary>Whether the output product has a bias.</summary>
    public bool OutputBias { get; init; }

    /// <summary>Scores become cap·tanh(score / cap); 0 for none.</summary>
    public double SoftCap { get; init; }

    /// <summary>About how many positions each attends to, those above a statistical threshold; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>Leading elements of a head that choose positions, the others weighting them by a softplus; 0 where all choose and nothing weights.</summary>
    public int PredictorWidth { get; init; }

    /// <summary>The deviation in the threshold.</summary>
    public Deviation Deviation { get; init; }

    private int KeyHeads => KeyValueHeads == 0 ? Heads : KeyValueHeads;

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, long[] Shape)> BodyParameters(string path, int width)
    {
        int head = HeadWidth == 0 ? width / Heads : HeadWidth;
        return
        [
            .. LinearParameters($"{path}.Query", Heads * head, width, QueryKeyValueBias),
            .. LinearParameters($"{path}.Key", KeyHeads * head, width, QueryKeyValueBias),
            .. LinearParameters($"{path}.Value", KeyHeads * head, width, QueryKeyValueBias),
            .. QueryKeyNorm ? HeadNorm.Parameters($"{path}.QueryNorm", head) : [],
            .. QueryKeyNorm ? HeadNorm.Parameters($"{path}.KeyNorm", head) : [],
            .. LinearParameters($"{path}.Output", width, Heads * head, OutputBias),
        ];
    }

    /// <inheritdoc/>
    protected override Tensor Body(TorchRun run, string path, Tensor x)
    {
        long batch = x.shape[0], time = x.shape[1];
        Tensor query = Head(run, path, "Query", x, Heads), key = Head(run, path, "Key", x, KeyHeads);
        Tensor value = Linear(run, $"{path}.Value", x, QueryKeyValueBias).view(batch, time, KeyHeads, -1).transpose(1, 2);
        if (run.Cache is { } cache) (key, value) = cache.Append(path, run.Start, key, value);

        if (KeyHeads != Heads)
        {
            key = key.repeat_interleave(Heads / KeyHeads, 1);
            value = value.repeat_interleave(Heads / KeyHeads, 1);
        }

        Tensor mixed = run.Fused && SoftCap == 0 && TopK == 0
            ? FusedAttention(run, query, key, value)
            : PlainAttention(run, query, key, value);
        return Linear(run, $"{path}.Output", mixed.transpose(1, 2).reshape(batch, time, -1), OutputBias);
    }

    private Tensor Head(TorchRun run, string path, string name, Tensor x, int heads)
    {
        Tensor projected = Linear(run, $"{path}.{name}", x, QueryKeyValueBias).view(x.shape[0], x.shape[1], heads, -1);
        if (QueryKeyNorm) projected = HeadNorm.Forward(run, $"{path}.{name}Norm", projected);
        projected = projected.transpose(1, 2);
        if (RotaryTheta is not { } theta) return projected;
        if (PredictorWidth == 0) return Rotate(run, projected, RotaryWidth, theta);
        return cat([Rotate(run, First(projected), RotaryWidth, theta), Rotate(run, Rest(projected), RotaryWidth, theta)], -1);
    }

    private Tensor First(Tensor head) => head.narrow(-1, 0, PredictorWidth);

    private Tensor Rest(Tensor head) => head.narrow(-1, PredictorWidth, head.shape[^1] - PredictorWidth);

    private Tensor PlainAttention(TorchRun run, Tensor query, Tensor key, Tensor value)
    {
        Tensor scores = Cap(PredictorWidth == 0 ? Product(query, key) : Product(First(query), First(key)), SoftCap);
        Tensor? visible = Mask(run, query.shape[2], key.shape[2]);
        if (TopK > 0) scores = Select(run, scores, visible ?? ones_like(scores, ScalarType.Bool));
        else if (visible is not null) scores = scores.masked_fill(visible.logical_not(), double.NegativeInfinity);
        Tensor weights = scores.softmax(-1);
        return (PredictorWidth == 0 ? weights : weights * nn.functional.softplus(Product(Rest(query), Rest(key)))).matmul(value);
    }

    private static Tensor Product(Tensor query, Tensor key) => query.matmul(key.transpose(-2, -1)) / Math.Sqrt(query.shape[^1]);

    // Scores at or below the threshold become -∞; it is part of the graph, so that autograd says what gradient it has.
    private Tensor Select(TorchRun run, Tensor scores, Tensor visible)
    {
        visible = visible.expand(scores.shape);
        Tensor seen = visible.to(scores.dtype), count = seen.sum(-1, keepdim: true);
        Tensor mean = (scores * seen).sum(-1, keepdim: true) / count;
        Tensor freedom = Deviation == Deviation.Sample ? (count - 1).clamp_min(1) : count;
        Tensor squares = ((scores - mean) * seen).square().sum(-1, keepdim: true);
        // The quantile where fewer are kept than seen; elsewhere any number, since everything is kept. A root of 0 has no slope.
        Tensor quantile = special.ndtri((1 - TopK / count).clamp(1e-3, 1));
        Tensor deviation = (squares / freedom + 1e-300).sqrt(), threshold = mean + quantile * deviation, all = count <= TopK;
        Tensor kept = scores > threshold;
        Tensor largest = scores.masked_fill(visible.logical_not(), double.NegativeInfinity).argmax(-1, keepdim: true);
        Tensor distance = ((scores - threshold).abs() / (deviation + 0.1 * scores.abs() + 1e-30)).masked_fill(visible.logical_not().logical_or(all), double.PositiveInfinity);
        run.ClosestChoice = Math.Min(run.ClosestChoice, distance.min().item<double>());
        Tensor only = zeros_like(kept).scatter_(-1, largest, ones_like(largest, ScalarType.Bool));
        kept = where(kept.logical_and(visible).any(-1, keepdim: true), kept, only).logical_or(all).logical_and(visible);
        return scores.masked_fill(kept.logical_not(), double.NegativeInfinity);
    }

    private Tensor FusedAttention(TorchRun run, Tensor query, Tensor key, Tensor value)
    {
        long time = query.shape[2], held = key.shape[2];
        bool plainCausal = Causal && time == held && (Window == 0 || Window >= time) && run.SegmentStarts is null;
        Tensor? mask = plainCausal ? null : Mask(run, time, held);
        return nn.functional.scaled_dot_product_attention(query, key, value, mask, is_casual: plainCausal && time > 1);
    }

    // Which of the held positions (columns) each position of this run (rows) sees; null for all of them.
    private Tensor? Mask(TorchRun run, long time, long held)
    {
        bool everything = Causal && time == 1 && (Window == 0 || Window >= held);
        if ((!Causal && Window == 0 || everything) && run.SegmentStarts is null) return null;
        Tensor row = arange(run.Start, run.Start + time, ScalarType.Int64).unsqueeze(1), column = arange(held, ScalarType.Int64).unsqueeze(0);
        Tensor visible = Causal ? column <= row : full([time, held], true);
        if (Window > 0) visible = visible.logical_and(column > row - Window);
        if (Window > 0 && !Causal) visible = visible.logical_and(column < row + Window);
        if (run.SegmentStarts is { } starts) visible = visible.unsqueeze(0).logical_and(starts.unsqueeze(1) == starts.unsqueeze(2)).unsqueeze(1);
        return visible;
    }

    /// <summary>Rotates each head's pairs (i, i + d/2), i below d/2, by position · theta^(-2i/d).</summary>
    /// <param name="run">Knows the position of the first row.</param>
    /// <param name="x">[batch, heads, time, head width].</param>
    /// <param name="rotated">d: leading elements that are rotated; even. 0 for all.</param>
    /// <param name="theta">The base.</param>
    public static Tensor Rotate(TorchRun run, Tensor x, int rotated, double theta)
    {
        int width = (int)x.shape[^1], half = (rotated == 0 ? width : rotated) / 2;
        (Tensor cosine, Tensor sine) = run.Rotation(2 * half, theta, x.shape[^2]);
        Tensor low = x.narrow(-1, 0, half), high = x.narrow(-1, half, half);
        Tensor first = low * cosine - high * sine, second = high * cosine + low * sine;
        return width == 2 * half ? cat([first, second], -1) : cat([first, second, x.narrow(-1, 2 * half, width - 2 * half)], -1);
    }
}
