using TorchSharp;
using static TorchSharp.torch;

namespace ModelDsl.TorchReference;

/// <summary>Trains a reference model with AdamW; nothing but its state survives a step.</summary>
internal sealed class TorchTrainer : IDisposable
{
    private readonly TorchTransformer model;
    private readonly TorchSharp.Modules.Parameter[] parameters;
    private readonly TorchSharp.Modules.AdamW optimizer;

    /// <summary>Prepares an optimiser.</summary>
    /// <param name="model">The model; not owned.</param>
    /// <param name="learningRate">Learning rate of the first step; see <see cref="LearningRate"/>.</param>
    /// <param name="beta1">Decay of the first moment.</param>
    /// <param name="beta2">Decay of the second moment.</param>
    /// <param name="epsilon">Added to the root of the second moment.</param>
    /// <param name="weightDecay">Decay of the matrices of products; norms, biases and embeddings have none.</param>
    public TorchTrainer(TorchTransformer model, double learningRate, double beta1 = 0.9, double beta2 = 0.95, double epsilon = 1e-8, double weightDecay = 0.1)
    {
        this.model = model;
        string tokens = model.Shape.Tokens + ".";
        bool Decays(string name) => model.Parameters[name].dim() > 1 && !name.StartsWith(tokens, StringComparison.Ordinal);
        parameters = [.. model.Parameters.Names.Select(name => model.Parameters[name])];
        TorchSharp.Modules.AdamW.ParamGroup Group(bool decay) => new(
            model.Parameters.Names.Where(name => Decays(name) == decay).Select(name => model.Parameters[name]),
            lr: learningRate, beta1: beta1, beta2: beta2, eps: epsilon, weight_decay: decay ? weightDecay : 0, amsgrad: false, maximize: false);
        optimizer = optim.AdamW([Group(true), Group(false)], lr: learningRate, beta1: beta1, beta2: beta2, eps: epsilon, weight_decay: weightDecay);
    }

    /// <summary>Gradients are scaled down to this norm over all parameters; 0 for no clipping.</summary>
    public double ClipNorm { get; init; }

    /// <summary>The learning rate of the next step.</summary>
    public double LearningRate
    {
        set
        {
            foreach (optim.ILearningRateController group in optimizer.ParamGroups) group.LearningRate = value;
        }
    }

    /// <summary>Forward, backward and update on a batch; the loss before the update.</summary>
    public double Step(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, int batch)
    {
        using DisposeScope _ = NewDisposeScope();
        model.Parameters.ClearGradients();
        Tensor loss = model.Loss(TorchTransformer.Ids(inputs, batch), TorchTransformer.Ids(targets, batch));
        loss.backward();
        if (ClipNorm > 0) nn.utils.clip_grad_norm_(parameters, ClipNorm);
        optimizer.step();
        return loss.to_type(ScalarType.Float64).item<double>();
    }

    /// <summary>Frees the optimiser's state.</summary>
    public void Dispose() => optimizer.Dispose();
}
