using CsCheck;
using ModelDsl.TorchReference;

namespace ModelDsl.Parity.Layers;

/// <summary>Random declarations of dense layers: all options, awkward extents.</summary>
internal static class Declarations
{
    private static readonly Gen<TorchNorm> Norm = Gen.Select(
        Gen.Enum<NormKind>(), OneOf(1e-5, 1e-3), Gen.Bool, (kind, epsilon, bias) => new TorchNorm(kind, epsilon) { Bias = bias || kind == NormKind.RmsNorm });

    private static readonly Gen<TorchNorm?> MaybeNorm = Gen.Select(Gen.Bool, Norm, (there, norm) => there ? norm : null);

    private static readonly Gen<TorchSublayer> Ffn = Gen.Select(
        Gen.Int[1, 90], Gen.Bool, Gen.Enum<Activation>(), Gen.Bool,
        (hidden, gated, activation, bias) => (TorchSublayer)new TorchFfn { Hidden = hidden, Gated = gated, Activation = activation, Bias = bias });

    private static readonly Gen<TorchSublayer> Selecting = Gen.Int[2, 90].SelectMany(hidden => Gen.Select(
        Gen.Select(Gen.Int[1, hidden - 1], Gen.Int[0, 2], Gen.Bool), Gen.Enum<Activation>(), OneOf(false, false, true), Gen.Enum<Deviation>(), Gen.Enum<ThresholdGradient>(), OneOf(0, 0, 0.3),
        (sizes, activation, exact, deviation, gradient, huber) => (TorchSublayer)new TorchSelectingFfn
        {
            Hidden = hidden,
            Active = sizes.Item1,
            PredictorWidth = sizes.Item2,
            Gated = sizes.Item3,
            Activation = activation,
            Selection = exact ? TopKSelection.Exact : TopKSelection.Statistical,
            Deviation = deviation,
            ThresholdGradient = gradient,
            Huber = huber,
        }));

    private static readonly Gen<(int Heads, int KeyValueHeads, int Width)> Heads = Gen.Select(
        Gen.Int[1, 3], OneOf(1, 1, 2, 3), Gen.OneOf(Gen.Int[1, 12], Gen.Int[13, 40]), (keyHeads, sharing, width) => (keyHeads * sharing, keyHeads, width));

    private static readonly Gen<(double? Theta, int Width)> Rotary = Gen.Select(Gen.Bool, OneOf(10000.0, 50.0), OneOf(0, 0, 2), (on, theta, width) => on ? (theta, width) : ((double?)null, 0));

    private static readonly Gen<(bool Causal, int Window, double Cap)> Scores = Gen.Select(
        OneOf(true, true, false), Gen.OneOf(Gen.Const(0), Gen.Int[1, 70]), OneOf(0, 0, 1.5), (causal, window, cap) => (causal, causal ? window : 0, cap));

    private static readonly Gen<TorchAttention> Dense = Gen.Select(Heads, Rotary, Scores, Gen.Bool, Gen.Bool, Gen.Bool, (heads, rotary, scores, norm, bias, outputBias) =>
        new TorchAttention
        {
            Heads = heads.Heads,
            KeyValueHeads = heads.KeyValueHeads,
            HeadWidth = norm ? heads.Width + 4 - heads.Width % 2 : rotary.Theta is null ? heads.Width : heads.Width + heads.Width % 2,
            RotaryTheta = rotary.Theta,
            RotaryWidth = rotary.Width,
            Causal = scores.Causal,
            Window = scores.Window,
            SoftCap = scores.Cap,
            QueryKeyNorm = norm,
            QueryKeyValueBias = bias,
            OutputBias = outputBias,
        });

    private static readonly Gen<TorchAttention> TopK = Gen.Select(
        Dense, Gen.OneOf(Gen.Int[1, 4], Gen.Int[5, 40]), Gen.Enum<Deviation>(), (dense, count, deviation) => dense with { TopK = count, Deviation = deviation });

    // Pieces of even widths, two columns at least, so that each can turn.
    private static readonly Gen<TorchAttention> Spark = Gen.Select(
        TopK, Gen.Int[1, 20], Gen.Int[1, 20], (selective, first, rest) => selective with { HeadWidth = 2 * (first + rest), PredictorWidth = 2 * first });

    private static readonly Gen<TorchSublayer> Attention = Gen.OneOf(Dense, TopK, Spark).Select(attention => (TorchSublayer)attention);

    private static readonly Gen<TorchLayer> Sublayer = Gen.Select(
        Gen.OneOf(Attention, Attention, Ffn, Selecting), MaybeNorm, MaybeNorm, OneOf(true, true, false), OneOf<bool?>(null, true, false),
        (layer, before, after, residual, inside) => (TorchLayer)(layer with { PreNorm = before, PostNorm = after, Residual = residual, InsideResidual = inside }));

    /// <summary>A module of one to three blocks of one to three layers.</summary>
    public static Gen<DeclaredModule> Module { get; } = Gen.Select(
        Gen.OneOf(Gen.Int[3, 20], Gen.Int[21, 70]), // norms of one or two elements are signs, whose gradients are rounding
        Gen.Int[1, 3],
        Gen.OneOf(Sublayer, Sublayer, Sublayer, Norm.Select(norm => (TorchLayer)norm)).Array[1, 3],
        Gen.Int[1, 3],
        Gen.OneOf(Gen.Const(1), Gen.Int[2, 40], Gen.Const(64)),
        OneOf(true, false, false),
        Gen.Int[0, 1 << 20],
        (width, repeats, layers, batch, time, segmented, seed) => new DeclaredModule(width, repeats, layers, batch, time, segmented, seed));

    /// <summary>Cases that random draws might miss: they are always tested.</summary>
    public static DeclaredModule[] Awkward { get; } =
    [
        new(1, 1, [new TorchAttention { Heads = 1 }], 1, 1, false, 1),
        new(17, 2, [new TorchAttention { Heads = 1, Window = 100 }], 2, 13, false, 2),
        new(24, 1, [new TorchAttention { Heads = 6, KeyValueHeads = 1, Window = 1 }], 1, 64, true, 3),
        new(7, 1, [new TorchAttention { Heads = 2, HeadWidth = 33, Causal = false, SoftCap = 0.5 }], 3, 31, false, 4),
        new(20, 1, [new TorchAttention { Heads = 2, HeadWidth = 12, TopK = 4, PredictorWidth = 5, SoftCap = 0.7 }], 2, 64, true, 8),
        new(20, 2, [new TorchAttention { Heads = 4, KeyValueHeads = 2, HeadWidth = 20, TopK = 6, PredictorWidth = 8, RotaryTheta = 100, QueryKeyNorm = true }], 2, 64, false, 9),
        new(16, 1, [new TorchAttention { Heads = 3, HeadWidth = 9, TopK = 1, Causal = false }], 1, 50, false, 10),
        new(16, 1, [new TorchAttention { Heads = 3, HeadWidth = 10, TopK = 3, PredictorWidth = 4, RotaryTheta = 10000, RotaryWidth = 2, Window = 9, Deviation = Deviation.Population }], 1, 50, false, 11),
        new(3, 3, [new TorchNorm(NormKind.RmsNorm), new TorchNorm(NormKind.LayerNorm)], 1, 5, false, 5),
        new(5, 1, [new TorchFfn { Hidden = 1, Activation = Activation.SquaredRelu, Residual = false }], 1, 3, false, 6),
        new(64, 2, [new TorchSelectingFfn { Hidden = 200, Active = 16, PredictorWidth = 32, PreNorm = new TorchNorm(NormKind.RmsNorm) }], 2, 31, false, 8),
        new(21, 1, [new TorchSelectingFfn { Hidden = 50, Active = 49, Deviation = Deviation.Population }, new TorchSelectingFfn { Hidden = 2, Active = 1, PredictorWidth = 20 }], 1, 9, false, 9),
        new(33, 1, [new TorchFfn { Hidden = 65, PostNorm = new TorchNorm(NormKind.LayerNorm) }, new TorchFfn { Hidden = 31, Gated = true, Activation = Activation.Silu }], 2, 65 / 2, false, 7),
    ];

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
