using ModelDsl.Runtime.Tests.Decoding;
using ModelDsl.Runtime.Tests.Training;

namespace ModelDsl.Runtime.Tests;

/// <summary>Trainers, decoders and modules allocate nothing once warm, on any thread.</summary>
[Collection(Allocations.Name)]
public sealed class HandleAllocationTests
{
    [Fact]
    public void Steps_and_evaluations_allocate_nothing()
    {
        using ModelInstance model = ModelInstance.Create(new BigramProgram(300), 1);
        using Trainer trainer = model.CreateTrainer(new TrainerOptions { Batch = 2, Sequence = 8, GradientAccumulation = 2, Threads = 2, Optimizer = new AdamW() });
        (int[] inputs, int[] targets) = Tokens.Batch(32, 300, 3);
        int[] starts = [.. Enumerable.Range(0, 32).Select(i => i % 8 / 4 * 4)];
        ModelChecks.AllocatesNothing("this step", () =>
        {
            trainer.Step(inputs, targets);
            trainer.Step(inputs, targets, 4, 8, starts);
            trainer.Evaluate(inputs, targets);
        });
    }

    [Fact]
    public void Prefill_step_and_generation_allocate_nothing()
    {
        using ModelInstance model = ModelInstance.Create(new HistoryProgram(), 0);
        using Decoder decoder = model.CreateDecoder(new DecoderOptions { PrefillChunk = 2, Threads = 2 });
        Sampler sampler = new(new SamplerOptions { TopK = 3, TopP = 0.9, RepeatPenalty = 1.2, Temperature = 0.7 });
        int[] prompt = [1, 2, 3], generated = new int[5];
        ModelChecks.AllocatesNothing("this step", () =>
        {
            decoder.Rewind(0);
            decoder.Prefill(prompt);
            decoder.Step(1);
            decoder.Rewind(2);
            decoder.Generate(prompt, generated, sampler);
        });
    }

    [Fact]
    public void Forward_and_backward_of_a_module_allocate_nothing()
    {
        using ModelInstance model = ModelInstance.Create(new BigramProgram(3), 1);
        using ModelModule module = model.CreateModule(new ModuleOptions { Batch = 2, Sequence = 4, Threads = 2 });
        int[] tokens = [2, 0];
        float[] gradients = [1, 2, 3, 4, 5, 6];
        ModelChecks.AllocatesNothing("this step", () =>
        {
            module.Forward(tokens, 1, 2);
            module.Backward(gradients);
        });
    }
}
