using TorchSharp;
using static TorchSharp.torch;

namespace ModelDsl.TorchReference;

/// <summary>Decodes with a reference model and a key/value cache.</summary>
internal sealed class TorchDecoder(TorchTransformer model) : IDisposable
{
    private readonly TorchCache cache = new(model.Shape.Context);

    /// <summary>Positions held.</summary>
    public int Position { get; private set; }

    /// <summary>Appends tokens, as many for each sequence; the logits [batch, vocabulary] of the last ones.</summary>
    public float[] Append(ReadOnlySpan<int> tokens, int batch = 1)
    {
        using DisposeScope _ = NewDisposeScope();
        using IDisposable inference = inference_mode();
        Tensor ids = TorchTransformer.Ids(tokens, batch);
        Tensor logits = model.Forward(ids, cache, Position);
        Position += tokens.Length / batch;
        return TorchParameters.Floats(logits.narrow(1, logits.shape[1] - 1, 1));
    }

    /// <summary>Forgets all positions from <paramref name="position"/> on.</summary>
    public void Rewind(int position) => Position = position;

    /// <summary>Frees the cache.</summary>
    public void Dispose() => cache.Dispose();
}
