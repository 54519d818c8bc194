using ModelDsl.Benchmarks.Machine;
using ModelDsl.TorchReference;

namespace ModelDsl.Benchmarks.Ratios;

/// <summary>A training step of the GPT-2 shape: forward, backward, clipping, AdamW.</summary>
internal static class TrainingGroup
{
    private const string Ours = "ours", Torch = "TorchSharp", Peak = "FMA peak";

    // Steps that follow each other amplify differences of rounding; the first ones must agree.
    private const int ComparedSteps = 4;
    private const double AllowedDifference = 1e-3;

    /// <summary>The group.</summary>
    public static RatioGroup Create(int threads)
    {
        SmallGpt2 model = SmallGpt2.Create(seed: 1);
        Trainer trainer = model.CreateTrainer(Options(threads));
        TorchTransformer reference = CreateReference(model);
        TorchTrainer peer = CreatePeer(reference);
        (int[] Inputs, int[] Targets)[] data = [.. Enumerable.Range(0, ComparedSteps).Select(Workloads.Tokens)];
        int ourSteps = 0, theirSteps = 0;
        double OurStep(int step) => trainer.Step(data[step % ComparedSteps].Inputs, data[step % ComparedSteps].Targets).Loss;
        double TheirStep(int step) => peer.Step(data[step % ComparedSteps].Inputs, data[step % ComparedSteps].Targets, Workloads.Batch);
        double flops = Workloads.StepFlops(reference.Parameters.Count), peak = FmaPeak.FlopsPerThread * threads;
        string name = $"training step, {reference.Parameters.Count / 1e6:F1} M parameters, {Workloads.Batch} x {Workloads.Sequence} tokens";
        RatioGroup group = new()
        {
            Name = name,
            Contenders =
            [
                new(Ours, () => { OurStep(ourSteps++); }),
                new(Torch, () => { TheirStep(theirSteps++); }),
                new(Peak, () => FmaPeak.Run(threads)),
            ],
            Rows =
            [
                new("training step against TorchSharp", round => round[Torch] / round[Ours], 2.0, 2.5),
                new("model FLOP utilisation of the step", round => flops / round[Ours] * round[Peak] / peak, 0.60, 0.75),
            ],
            Figure = (contender, seconds) => (contender == Peak ? peak : flops) / seconds / 1e9,
            Check = () =>
            {
                double[] ours = new double[ComparedSteps], theirs = new double[ComparedSteps];
                for (int i = 0; i < ComparedSteps; i++) (ours[i], theirs[i]) = (OurStep(ourSteps++), TheirStep(theirSteps++));
                double[] differences = [.. ours.Zip(theirs, (own, other) => Math.Abs(own - other))];
                BenchmarkException.ThrowIfAbove(name, Ours, $"the losses of {Torch}", differences.Max(), AllowedDifference);
                return $"losses of ours and TorchSharp differ by {differences[0]:E1} in the first step, by at most {differences.Max():E1} over {ComparedSteps} steps ({theirs[0]:F4} to {theirs[^1]:F4})";
            },
        };
        foreach (IDisposable resource in (IDisposable[])[model, trainer, reference, peer]) group.Own(resource);
        return group;
    }

    /// <summary>Our trainer's settings.</summary>
    public static TrainerOptions Options(int threads) => new()
    {
        Batch = Workloads.Batch,
        Sequence = Workloads.Sequence,
        Threads = threads,
        ClipNorm = Workloads.ClipNorm,
        Optimizer = new AdamW
        {
            LearningRate = Workloads.LearningRate,
            Beta1 = Workloads.Beta1,
            Beta2 = Workloads.Beta2,
            Epsilon = Workloads.Epsilon,
            WeightDecay = Workloads.WeightDecay,
        },
    };

    /// <summary>The same model in TorchSharp, at its fastest, with the same parameters.</summary>
    public static TorchTransformer CreateReference(SmallGpt2 model)
    {
        TorchTransformer reference = new(Workloads.Gpt2) { Fused = true };
        Workloads.Copy(model.Parameters, reference.Parameters);
        return reference;
    }

    /// <summary>The same training in TorchSharp.</summary>
    public static TorchTrainer CreatePeer(TorchTransformer reference)
        => new(reference, Workloads.LearningRate, Workloads.Beta1, Workloads.Beta2, Workloads.Epsilon, Workloads.WeightDecay) { ClipNorm = Workloads.ClipNorm };
}
