using TorchSharp;
using static TorchSharp.torch;

namespace ModelDsl.TorchReference;

/// <summary>A reference language model in TorchSharp, whose parameters carry the project's path names.</summary>
internal sealed class TorchTransformer : IDisposable
{
    /// <summary>Ids below 0 are not counted in the loss.</summary>
    private const int Uncounted = -1;

    /// <summary>Makes a model of zeros.</summary>
    /// <param name="shape">What it is.</param>
    /// <param name="type">float32 or float64.</param>
    /// <param name="columnMajor">Store matrices column by column, which is faster where there is only one row.</param>
    public TorchTransformer(TransformerShape shape, ScalarType type = ScalarType.Float32, bool columnMajor = false)
    {
        TorchLoader.Load();
        Shape = shape;
        Parameters = new TorchParameters(Declare(shape), type, columnMajor);
    }

    /// <summary>What the model is.</summary>
    public TransformerShape Shape { get; }

    /// <summary>Values and gradients.</summary>
    public TorchParameters Parameters { get; }

    /// <summary>Take torch's fused attention instead of its definition.</summary>
    public bool Fused { get; init; }

    /// <summary>Logits [batch, time, vocabulary] of token ids [batch, time].</summary>
    public Tensor Forward(Tensor tokens, TorchCache? cache = null, int start = 0, Tensor? segmentStarts = null)
    {
        TorchRun run = new(Parameters) { Fused = Fused, Cache = cache, Start = start, SegmentStarts = segmentStarts };
        Tensor embedding = Parameters[$"{Shape.Tokens}.Weight"];
        Tensor x = embedding.index_select(0, tokens.view(-1)).view(tokens.shape[0], tokens.shape[1], Shape.Width);
        if (Shape.LearnedPositions) x = x + Parameters[$"{Shape.Tokens}.Positions"].narrow(0, start, tokens.shape[1]);
        x = Shape.Body.Forward(run, "", x);
        Tensor head = Shape.TiedHead ? embedding : Parameters[$"{Shape.Head}.Weight"];
        return TorchLayer.Cap(nn.functional.linear(x, head, Shape.HeadBias ? Parameters[$"{Shape.Head}.Bias"] : null), Shape.SoftCap);
    }

    /// <summary>Mean cross-entropy over the counted targets: those that are not negative.</summary>
    public Tensor Loss(Tensor tokens, Tensor targets, Tensor? segmentStarts = null)
    {
        Tensor logits = Forward(tokens, segmentStarts: segmentStarts);
        return nn.functional.cross_entropy(logits.view(-1, Shape.Vocabulary), targets.view(-1), ignore_index: Uncounted);
    }

    /// <summary>The loss of a batch, its gradients left in <see cref="Parameters"/>.</summary>
    public double LossAndGradients(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, int batch)
    {
        using DisposeScope _ = NewDisposeScope();
        Parameters.ClearGradients();
        Tensor loss = Loss(Ids(inputs, batch), Ids(targets, batch));
        loss.backward();
        return loss.to_type(ScalarType.Float64).item<double>();
    }

    /// <summary>Logits [batch · time, vocabulary] of a batch, row-major.</summary>
    public float[] Logits(ReadOnlySpan<int> inputs, int batch)
    {
        using DisposeScope _ = NewDisposeScope();
        using IDisposable inference = no_grad();
        return TorchParameters.Floats(Forward(Ids(inputs, batch)));
    }

    /// <summary>Token ids as torch wants them, [batch, time].</summary>
    public static Tensor Ids(ReadOnlySpan<int> ids, int batch)
    {
        long[] wide = new long[ids.Length];
        for (int i = 0; i < ids.Length; i++) wide[i] = Math.Max(ids[i], Uncounted);
        return tensor(wide, [batch, ids.Length / batch]);
    }

    /// <summary>Frees the parameters.</summary>
    public void Dispose() => Parameters.Dispose();

    private static IEnumerable<(string Name, long[] Shape)> Declare(TransformerShape shape)
    {
        yield return ($"{shape.Tokens}.Weight", [shape.Vocabulary, shape.Width]);
        if (shape.LearnedPositions) yield return ($"{shape.Tokens}.Positions", [shape.Context, shape.Width]);
        foreach ((string Name, long[] Shape) parameter in shape.Body.Parameters("", shape.Width)) yield return parameter;
        if (!shape.TiedHead) yield return ($"{shape.Head}.Weight", [shape.Vocabulary, shape.Width]);
        if (shape.HeadBias) yield return ($"{shape.Head}.Bias", [shape.Vocabulary]);
    }
}
