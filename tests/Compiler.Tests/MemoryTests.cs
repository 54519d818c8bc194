using ModelDsl.Compiler.Tests.Oracle;
using ModelDsl.Memory;
using ModelDsl.Programs;
using ModelDsl.TestSupport;
using Xunit.Abstractions;

namespace ModelDsl.Compiler.Tests;

/// <summary>
/// Generated programs in exactly the memory their plans ask for, full of NaN and guarded: results are bit for bit those of ordinary runs, so that nothing is read before it is written,
/// every gradient is, and sizes for every batch and time are enough.
/// </summary>
public class MemoryTests(ITestOutputHelper output)
{
    private static readonly Lazy<(IReadOnlyList<RandomModel> Models, InMemoryModels Assembly)> Drawn = new(() =>
    {
        RandomModel[] models = [.. RandomModels.Draw(25, languageModels: true, "9N0XIzNsQ0O9"), .. RandomModels.Draw(25, languageModels: false, "aN0XIzNsQ0Oa")];
        return (models, InMemoryModels.Load(models.Select(model => model.Source)));
    });

    [Fact]
    public void ModulesNeedNoMoreThanTheirPlan() => ForAll(languageModels: null, (instance, random) =>
    {
        int batch = random.Next(1, 4), time = random.Next(1, instance.Plan.Context + 1), rows = batch * time;
        using ModelModule module = instance.CreateModule(new ModuleOptions { Batch = batch, Sequence = time, Threads = 1 });
        int[] tokens = Tokens(random, rows, Math.Max(1, instance.Plan.Vocabulary));
        float[] input = Floats(random, rows * module.InputColumns), upstream = Floats(random, rows * module.OutputColumns);
        float[] expected = (module.TakesTokens ? module.Forward(tokens, batch, time) : module.Forward(input, batch, time)).ToArray();
        float[] inputGradient = module.Backward(upstream).ToArray();

        using PoisonedFrame poisoned = new(instance, instance.Plan.Module, batch, time);
        Frame frame = poisoned.Frame;
        frame.Inputs = poisoned.Integers(tokens);
        frame.ModuleInput = poisoned.Floats(input);
        instance.Program.Forward(frame);
        if (!Same(frame.ModuleOutput, expected)) return "the output differs";
        frame.ModuleOutputGradient = poisoned.Floats(upstream);
        instance.Program.Backward(frame);
        if (!Same(frame.ModuleOutput, expected)) return "the backward overwrites the output";
        if (inputGradient.Length > 0 && !Same(frame.ModuleInputGradient, inputGradient)) return "the gradient of the input differs";
        return Gradients(frame, instance, module.Parameters);
    });

    [Fact]
    public void TrainingNeedsNoMoreThanItsPlan() => ForAll(languageModels: true, (instance, random) =>
    {
        int time = instance.Plan.Context, batch = random.Next(1, 3) + (random.Next(2) * 300 / time), rows = batch * time, vocabulary = instance.Plan.Vocabulary;
        int[] inputs = Tokens(random, 2 * rows, vocabulary), targets = [.. Tokens(random, 2 * rows, vocabulary).Select(token => random.Next(4) == 0 ? -1 : token)];
        int counted = targets.Count(target => target >= 0);
        if (counted == 0) return null;
        using PoisonedFrame poisoned = new(instance, instance.Plan.Train, batch, time);
        Frame frame = poisoned.Frame;
        frame.LossScale = 1f / counted;
        double sum = 0;
        for (int half = 0; half < 2; half++)
        {
            poisoned.Poison();
            frame.Inputs = poisoned.Integers(inputs.AsSpan(half * rows, rows));
            frame.Targets = poisoned.Integers(targets.AsSpan(half * rows, rows));
            frame.AccumulateGradients = half > 0;
            instance.Program.Train(frame);
            sum += frame.RowLosses.AsSpan(rows).ToArray().Sum(loss => (double)loss);
        }

        using PoisonedFrame evaluated = new(instance, instance.Plan.Evaluate, batch, time);
        evaluated.Frame.Inputs = frame.Inputs;
        evaluated.Frame.Targets = frame.Targets;
        instance.Program.Evaluate(evaluated.Frame);
        if (!Same(evaluated.Frame.RowLosses, frame.RowLosses.AsSpan(rows).ToArray())) return "the losses of evaluation and training differ";

        using Trainer trainer = instance.CreateTrainer(new TrainerOptions { Batch = batch, Sequence = time, GradientAccumulation = 2, ClipNorm = null, Threads = 1, OnNonFinite = NonFiniteAction.SkipUpdate, Optimizer = new AdamW { LearningRate = 1e-12, WeightDecay = 0 } });
        double loss = trainer.Step(inputs, targets, 2 * batch, time).Loss;
        if (!(Math.Abs(loss - (sum / counted)) <= 1e-6 * (1 + Math.Abs(loss))) && !double.IsNaN(loss)) return $"the loss is {sum / counted}, not {loss}";
        return Gradients(frame, instance, trainer.Parameters);
    });

    [Fact]
    public void DecodingNeedsNoMoreThanItsPlan() => ForAll(languageModels: true, (instance, random) =>
    {
        int time = instance.Plan.Context, vocabulary = instance.Plan.Vocabulary, first = random.Next(1, time + 1);
        int[] tokens = Tokens(random, time, vocabulary);
        nint cache = (nint)instance.Plan.CacheFloatsPerPosition * time;
        using Decoder decoder = instance.CreateDecoder(new DecoderOptions { Threads = 1, PrefillChunk = first });
        using PoisonedFrame prefill = new(instance, instance.Plan.Prefill, 1, first), step = new(instance, instance.Plan.Decode, 1, 1);
        prefill.Frame.Cache = step.Frame.Cache = prefill.Cache(cache);
        prefill.Frame.CacheCapacity = step.Frame.CacheCapacity = time;
        prefill.Frame.CacheStride = step.Frame.CacheStride = cache;
        prefill.Frame.Inputs = prefill.Integers(tokens.AsSpan(0, first));
        prefill.Frame.Starts = prefill.Integers([0]);
        instance.Program.Prefill(prefill.Frame);
        if (!Same(prefill.Frame.Logits, decoder.Prefill(tokens.AsSpan(0, first)).ToArray())) return "the logits of the prefill differ";
        for (int position = first; position < time; position++)
        {
            step.Poison();
            step.Frame.Inputs = step.Integers([tokens[position]]);
            step.Frame.Starts = step.Integers([position]);
            instance.Program.Decode(step.Frame);
            if (!Same(step.Frame.Logits, decoder.Step(tokens[position]).ToArray())) return $"the logits at position {position} differ";
        }

        return null;
    });

    private static string? Gradients(Frame frame, ModelInstance instance, ParameterCollection expected)
    {
        foreach (ParameterInfo info in instance.Plan.Parameters)
        {
            if (!Same(frame.Gradients.At((nint)info.Offset), expected[info.Name].Gradient.ToArray())) return $"the gradient of {info.Name} differs";
        }

        return null;
    }

    /// <summary>Equal bits; where the ordinary run has NaN too, values left the range of floats.</summary>
    private static bool Same(F32 result, float[] expected) => result.AsSpan(expected.Length).SequenceEqual(expected);

    private void ForAll(bool? languageModels, Func<ModelInstance, Random, string?> check)
    {
        Failures failures = new(output);
        foreach (RandomModel model in Drawn.Value.Models)
        {
            if (languageModels is { } wanted && wanted != model.Name.StartsWith("Random.Lm", StringComparison.Ordinal)) continue;
            failures.Of(model, () =>
            {
                using ModelInstance instance = Drawn.Value.Assembly.Create(model.Name, seed: 1);
                Random random = new(model.Number);
                RandomModels.Fill(instance, random);
                return check(instance, random);
            });
        }

        failures.Report();
    }

    private static int[] Tokens(Random random, int count, int vocabulary) => [.. Enumerable.Range(0, count).Select(_ => random.Next(vocabulary))];

    private static float[] Floats(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
}
