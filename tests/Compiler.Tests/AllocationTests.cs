using ModelDsl.Compiler.Tests.Oracle;
using ModelDsl.TestSupport;

namespace ModelDsl.Compiler.Tests;

/// <summary>Runs alone: it counts what the whole process allocates, worker threads included.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public class AllocationTestsRunAlone;

/// <summary>Generated programs allocate nothing, on any thread.</summary>
[Collection(nameof(AllocationTests))]
public class AllocationTests
{
    [Fact]
    public void StepsAllocateNothing()
    {
        IReadOnlyList<RandomModel> models = RandomModels.Draw(6, languageModels: true, "7N0XIzNsQ0O7");
        InMemoryModels assembly = InMemoryModels.Load(models.Select(model => model.Source));
        foreach (RandomModel model in models)
        {
            using ModelInstance instance = assembly.Create(model.Name, seed: 1);
            int time = model.Context, vocabulary = instance.Plan.Vocabulary;
            int[] tokens = [.. Enumerable.Range(0, 2 * time).Select(i => i % vocabulary)], generated = new int[time + 1];
            using Trainer trainer = instance.CreateTrainer(new TrainerOptions { Batch = 2, Sequence = time, Threads = 2 });
            Sampler sampler = new(new SamplerOptions { TopK = 3, TopP = 0.9, RepeatPenalty = 1.2 });
            NothingIn("a training step", () => trainer.Step(tokens, tokens));
            NothingIn("an evaluation", () => trainer.Evaluate(tokens, tokens));
            foreach (WeightFormat weights in Enum.GetValues<WeightFormat>())
            {
                using Decoder decoder = instance.CreateDecoder(new DecoderOptions { Threads = 2, Weights = weights });
                NothingIn($"filling the context by steps, {weights}", () =>
                {
                    decoder.Rewind(0);
                    if (time > 1) decoder.Prefill(tokens.AsSpan(0, time / 2));
                    while (decoder.Position < decoder.Context) decoder.Step(tokens[decoder.Position]);
                });
                NothingIn($"filling the context by generation, {weights}", () =>
                {
                    decoder.Rewind(0);
                    decoder.Generate(tokens.AsSpan(0, (time + 1) / 2), generated, sampler);
                });
                Assert.Equal(decoder.Context, decoder.Position);
            }

            void NothingIn(string what, Action action) => ModelChecks.AllocatesNothing($"{what} of {model.Name}\n{model.Source}\n", action);
        }
    }
}
