using System.Globalization;
using ModelDsl.TorchReference;

namespace ModelDsl.Parity.Layers;

/// <summary>A module of repeated blocks of layers as a user declares it and as TorchSharp computes it, and how it is run.</summary>
/// <param name="Width">Width of the stream.</param>
/// <param name="Repeats">Number of blocks.</param>
/// <param name="Layers">Layers of a block.</param>
/// <param name="Batch">Sequences.</param>
/// <param name="Time">Positions of each.</param>
/// <param name="Segmented">Whether sequences consist of several documents.</param>
/// <param name="Seed">Seed of values.</param>
internal sealed record DeclaredModule(int Width, int Repeats, TorchLayer[] Layers, int Batch, int Time, bool Segmented, int Seed)
{
    /// <summary>The same in TorchSharp.</summary>
    public TorchLayer Reference => new TorchSequence(("Blocks", new TorchStack(new TorchSequence([.. Layers.Select((layer, i) => ($"Layer{i}", layer))]), Repeats)));

    /// <summary>The declaration, with <paramref name="name"/> as the class's name.</summary>
    public string Source(string name) => $$"""
        using ModelDsl;

        namespace Declared;

        [Model(Width = {{Width}}, Context = 64)]
        public sealed partial class {{name}}
        {
            [Repeat({{Repeats}})] public partial BlockStack<{{name}}Block> Blocks { get; }
        }

        [Block]
        public sealed partial class {{name}}Block
        {
            {{string.Join("\n    ", Layers.Select((layer, i) => $"[{Attributes(layer)}] public partial {PropertyType(layer)} Layer{i} {{ get; }}"))}}
        }
        """;

    /// <inheritdoc/>
    public override string ToString()
        => $"width {Width}, {Repeats} x ({string.Join("; ", Layers.Select(Attributes))}), batch {Batch}, time {Time}{(Segmented ? ", segmented" : "")}, seed {Seed}";

    private static string Attributes(TorchLayer layer)
    {
        if (layer is TorchNorm alone) return Call(alone.Kind.ToString(), NormOptions(alone));
        TorchSublayer sublayer = (TorchSublayer)layer;
        List<string> attributes = [];
        if (sublayer.PreNorm is { } first) attributes.Add(Call("PreNorm", [$"NormKind.{first.Kind}", .. NormOptions(first)]));
        if (sublayer.PostNorm is { } last) attributes.Add(Call("PostNorm", [$"NormKind.{last.Kind}", .. NormOptions(last), .. sublayer is { Residual: true, InsideResidual: { } inside } ? [$"InsideResidual = {(inside ? "true" : "false")}"] : (string[])[]]));
        if (sublayer.Residual) attributes.Add("Residual");
        attributes.Add(layer switch
        {
            TorchFfn ffn => Call(ffn.Gated ? "GatedFfn" : "Ffn", FfnOptions(ffn)),
            TorchSelectingFfn selecting => Call(selecting.PredictorWidth > 0 ? "SparkFfn" : "TopKFfn", SelectionOptions(selecting)),
            TorchAttention { PredictorWidth: > 0 } spark => Call("SparkAttention", AttentionOptions(spark)),
            TorchAttention { TopK: > 0 } selective => Call("TopKAttention", AttentionOptions(selective)),
            _ => Call("Attention", AttentionOptions((TorchAttention)layer)),
        });
        return string.Join(", ", attributes);
    }

    private static IEnumerable<string> NormOptions(TorchNorm norm)
    {
        if (norm.Epsilon != 1e-5) yield return $"Epsilon = {Number(norm.Epsilon)}";
        if (norm is { Kind: NormKind.LayerNorm, Bias: false }) yield return "Bias = false";
    }

    private static IEnumerable<string> FfnOptions(TorchFfn ffn)
    {
        yield return $"Hidden = {ffn.Hidden}";
        yield return $"Activation = Activation.{ffn.Activation}";
        if (ffn.Bias) yield return "Bias = true";
    }

    private static IEnumerable<string> SelectionOptions(TorchSelectingFfn ffn)
    {
        yield return $"Hidden = {ffn.Hidden}, Active = {ffn.Active}";
        yield return $"Activation = Activation.{ffn.Activation}";
        if (ffn.PredictorWidth > 0) yield return $"PredictorWidth = {ffn.PredictorWidth}";
        else if (!ffn.Gated) yield return "Gated = false";
        yield return $"Selection = TopKSelection.{ffn.Selection}";
        if (ffn.Selection == TopKSelection.Exact) yield break;
        yield return $"Deviation = Deviation.{ffn.Deviation}, ThresholdGradient = ThresholdGradient.{ffn.ThresholdGradient}";
        if (ffn.Huber > 0) yield return $"Huber = {Number(ffn.Huber)}";
    }

    private static IEnumerable<string> AttentionOptions(TorchAttention attention)
    {
        yield return $"Heads = {attention.Heads}";
        if (attention.KeyValueHeads > 0) yield return $"KeyValueHeads = {attention.KeyValueHeads}";
        if (attention.HeadWidth > 0) yield return $"HeadWidth = {attention.HeadWidth}";
        if (attention.RotaryTheta is { } theta) yield return $"Rotary = true, RotaryTheta = {Number(theta)}";
        if (attention.RotaryWidth > 0) yield return $"RotaryWidth = {attention.RotaryWidth}";
        if (!attention.Causal) yield return "Causal = false";
        if (attention.Window > 0) yield return $"Window = {attention.Window}";
        if (attention.SoftCap > 0) yield return $"SoftCap = {Number(attention.SoftCap)}";
        if (attention.QueryKeyNorm) yield return "QueryKeyNorm = true";
        if (attention.QueryKeyValueBias) yield return "QueryKeyValueBias = true";
        if (attention.TopK > 0) yield return $"TopK = {attention.TopK}";
        if (attention.PredictorWidth > 0) yield return $"PredictorWidth = {attention.PredictorWidth}";
        if (attention.Deviation != Deviation.Sample) yield return $"Deviation = Deviation.{attention.Deviation}";
        if (attention.OutputBias) yield return "OutputBias = true";
    }

    private static string PropertyType(TorchLayer layer) => layer is TorchSelectingFfn ? nameof(Ffn) : layer.GetType().Name[5..];

    private static string Call(string attribute, IEnumerable<string> arguments) => string.Join(", ", arguments) is { Length: > 0 } list ? $"{attribute}({list})" : attribute;

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
