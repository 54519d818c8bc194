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

        Tensor mixed = run.Fused && SoftCap == 0
            ? FusedAttention(run, query, key, value)
            : PlainAttention(run, query, key, value);
        return Linear(run, $"{path}.Output", mixed.transpose(1, 2).reshape(batch, time, -1), OutputBias);
    }

    private Tensor Head(TorchRun run, string path, string name, Tensor x, int heads)
    {
        Tensor projected = Linear(run, $"{path}.{name}", x, QueryKeyValueBias).view(x.shape[0], x.shape[1], heads, -1);
        if (QueryKeyNorm) projected = HeadNorm.Forward(run, $"{path}.{name}Norm", projected);
        projected = projected.transpose(1, 2);
        return RotaryTheta is { } theta ? Rotate(run, projected, RotaryWidth, theta) : projected;
    }

    private Tensor PlainAttention(TorchRun run, Tensor query, Tensor key, Tensor value)
    {
        Tensor scores = Cap(query.matmul(key.transpose(-2, -1)) / Math.Sqrt(query.shape[^1]), SoftCap);
        if (Mask(run, query.shape[2], key.shape[2]) is { } visible) scores = scores.masked_fill(visible.logical_not(), double.NegativeInfinity);
        return scores.softmax(-1).matmul(value);
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
