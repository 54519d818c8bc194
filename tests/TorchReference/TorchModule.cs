using TorchSharp;
using static TorchSharp.torch;

namespace ModelDsl.TorchReference;

/// <summary>A single layer or block with parameters of its own: output and all gradients for a given upstream gradient.</summary>
internal sealed class TorchModule : IDisposable
{
    private readonly TorchLayer layer;
    private readonly string path;
    private readonly int width;

    /// <summary>Makes the layer's parameters, all zero.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="width">Width of the stream.</param>
    /// <param name="path">The layer's name within its block or model; empty for a sequence of named layers.</param>
    /// <param name="type">float32 or float64.</param>
    public TorchModule(TorchLayer layer, int width, string path = "", ScalarType type = ScalarType.Float32)
    {
        TorchLoader.Load();
        (this.layer, this.path, this.width) = (layer, path, width);
        Parameters = new TorchParameters(layer.Parameters(path, width), type);
    }

    /// <summary>Values and gradients.</summary>
    public TorchParameters Parameters { get; }

    /// <summary>Of the last run; see <see cref="TorchRun.ClosestChoice"/>.</summary>
    public double ClosestChoice { get; private set; }

    /// <summary>Runs forward and backward; gradients of the parameters are left in <see cref="Parameters"/>.</summary>
    /// <param name="x">Input [batch, time, width], row-major.</param>
    /// <param name="outputGradient">Upstream gradient of the output, of the same shape.</param>
    /// <param name="batch">Number of sequences.</param>
    /// <param name="fused">Take torch's fused attention.</param>
    /// <param name="segmentStarts">For each of batch · time positions the first one of its document; empty for one document a sequence.</param>
    /// <returns>The output and the gradient of the input.</returns>
    public (float[] Output, float[] InputGradient) Run(
        ReadOnlySpan<float> x, ReadOnlySpan<float> outputGradient, int batch, bool fused = false, ReadOnlySpan<int> segmentStarts = default)
    {
        using DisposeScope _ = NewDisposeScope();
        Parameters.ClearGradients();
        long[] shape = [batch, x.Length / batch / width, width];
        Tensor input = tensor(x.ToArray(), shape).to_type(Parameters.Type);
        input.requires_grad = true;
        Tensor? segments = segmentStarts.IsEmpty ? null : TorchTransformer.Ids(segmentStarts, batch);
        TorchRun run = new(Parameters) { Fused = fused, SegmentStarts = segments };
        Tensor output = layer.Forward(run, path, input);
        ClosestChoice = run.ClosestChoice;
        output.backward([tensor(outputGradient.ToArray(), shape).to_type(Parameters.Type)]);
        return (TorchParameters.Floats(output), TorchParameters.Floats(input.grad!));
    }

    /// <summary>Frees the parameters.</summary>
    public void Dispose() => Parameters.Dispose();
}
