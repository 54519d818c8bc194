using System.Reflection;
using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Tests.Oracle;
using ModelDsl.TestSupport;
using Xunit.Abstractions;

namespace ModelDsl.Compiler.Tests;

/// <summary>The train, evaluate, prefill and decode programs of random language models.</summary>
public class LanguageModelTests(ITestOutputHelper output)
{
    private static readonly Lazy<(IReadOnlyList<RandomModel> Models, IReadOnlyDictionary<string, ModelDeclaration> Declarations, InMemoryModels Assembly)> Drawn = new(() =>
    {
        IReadOnlyList<RandomModel> models = RandomModels.Draw(40, languageModels: true, "4N0XIzNsQ0O4");
        return (models, ModelOracle.Read(models), InMemoryModels.Load(models.Select(model => model.Source)));
    });

    /// <summary>Two micro-batches of more rows than a chunk of logits has, some targets not counted, against the graph's interpreter.</summary>
    [Fact]
    public void TrainingComputesLossAndGradientsOfTheGraph() => ForAll((declaration, instance, model, failures) =>
    {
        Random random = new(model.Number);
        RandomModels.Fill(instance, random);
        int time = model.Context, batch = 2 + (160 / time), rows = 2 * batch * time, vocabulary = instance.Plan.Vocabulary;
        int[] starts = random.Next(3) == 0 ? RandomModels.SegmentStarts(random, 2 * batch, time) : [];
        int[] inputs = Tokens(random, rows, vocabulary), targets = [.. Tokens(random, rows, vocabulary).Select(token => random.Next(5) == 0 ? -1 : token)];
        Dictionary<string, double[]> values = instance.Parameters.ToDictionary(parameter => parameter.Name, parameter => (double[])[.. parameter.Values.ToArray().Select(value => (double)value)]);
        ModelOracle oracle = new(CompiledProgram.BuildGraph(declaration, ProgramKind.Train), 2 * batch, time);
        int counted = targets.Count(target => target >= 0);
        oracle.Set(Role.Tokens, [.. inputs.Select(token => (double)token)]);
        oracle.Set(Role.Targets, [.. targets.Select(token => (double)token)]);
        oracle.Set(Role.LossScale, [1.0 / counted]);
        oracle.SetParameters(name => values[name]);
        oracle.SetSegmentStarts(starts.Length > 0 ? starts : null);
        oracle.Run();
        if (!oracle.IsTame) return failures.Leave();

        using Trainer trainer = instance.CreateTrainer(new TrainerOptions { Batch = batch, Sequence = time, GradientAccumulation = 2, ClipNorm = null, Threads = 2, Optimizer = new AdamW { LearningRate = 1e-12, WeightDecay = 0 } });
        double evaluated = trainer.Evaluate(inputs.AsSpan(0, rows / 2), targets.AsSpan(0, rows / 2), batch, time, starts.AsSpan(0, starts.Length / 2)).Loss;
        double loss = trainer.Step(inputs, targets, 2 * batch, time, starts).Loss;
        double[] losses = oracle.Output(Role.RowLosses);
        double expected = losses.Sum() / counted, expectedHalf = losses.Take(rows / 2).Sum() / targets.Take(rows / 2).Count(target => target >= 0);
        IReadOnlyDictionary<string, double[]> gradients = oracle.Gradients();
        double floor = 1e-2 * Errors.Norm(gradients.Values.SelectMany(gradient => gradient)) + 1e-6;
        Lazy<(double Loss, IReadOnlyDictionary<string, double[]> Gradients)[]> disturbed = new(
            () => oracle.Disturbed(name => values[name], random, moved => (moved.Output(Role.RowLosses).Sum() / counted, moved.Gradients())));
        double Noise() => disturbed.Value.Max(moved => Math.Abs(moved.Loss - expected));
        if (failures.Ends("the loss", "loss", Math.Abs(loss - expected) / (1 + expected), 1e-5, Noise, out string? problem)) return problem;
        if (failures.Ends("the evaluated loss", "loss", Math.Abs(evaluated - expectedHalf) / (1 + expectedHalf), 1e-5, Noise, out problem)) return problem;
        foreach (Parameter parameter in trainer.Parameters)
        {
            double error = Errors.Relative(parameter.Gradient, gradients[parameter.Name], floor);
            double Disturbed() => disturbed.Value.Max(moved => Errors.Relative([.. moved.Gradients[parameter.Name].Select(value => (float)value)], gradients[parameter.Name], floor));
            if (failures.Ends($"the gradient of {parameter.Name}", "gradient", error, 1e-4, Disturbed, out problem)) return problem;
        }

        return null;
    });

    /// <summary>Two sequences of different lengths, prefilled in pieces of every size and stepped, some of it rewound and done again.</summary>
    [Fact]
    public void DecodingEqualsTheForwardAtEveryPosition() => ForAll((declaration, instance, model, failures) =>
    {
        Random random = new(model.Number);
        RandomModels.Fill(instance, random);
        int time = model.Context, vocabulary = instance.Plan.Vocabulary;
        int[][] tokens = [Tokens(random, time, vocabulary), Tokens(random, time, vocabulary)];
        ModelOracle oracle = new(CompiledProgram.BuildGraph(declaration, ProgramKind.Evaluate), 2, time);
        oracle.Set(Role.Tokens, [.. tokens.SelectMany(sequence => sequence).Select(token => (double)token)]);
        oracle.Set(Role.Targets, new double[2 * time]);
        oracle.SetParameters(name => [.. instance.Parameters[name].Values.ToArray().Select(value => (double)value)]);
        oracle.Run();
        if (!oracle.IsTame) return failures.Leave();
        using ModelModule module = instance.CreateModule(new ModuleOptions { Batch = 2, Sequence = time, Threads = 2 });
        float[] logits = module.Forward([.. tokens[0], .. tokens[1]], 2, time).ToArray();
        double scale = Errors.Norm(logits.Select(value => (double)value)) / Math.Sqrt(2 * time) + 1e-3;
        foreach (int chunk in (int[])[1, 3, 7])
        {
            using Decoder decoder = instance.CreateDecoder(new DecoderOptions { Batch = 2, PrefillChunk = chunk, Threads = 2 });
            string? Compare(int sequence, ReadOnlySpan<float> result, int position)
            {
                double[] expected = [.. logits.Skip(((sequence * time) + position) * vocabulary).Take(vocabulary).Select(value => (double)value)];
                double error = Errors.Relative(result, expected, scale);
                failures.Worst("decoded logits", error);
                return error < 2e-5 ? null : $"chunk {chunk}, sequence {sequence}, position {position}: logits deviate by {error:E1}";
            }

            int[] lengths = [random.Next(1, time + 1), random.Next(1, time + 1)];
            for (int sequence = 0; sequence < 2; sequence++)
            {
                if (Compare(sequence, decoder.Prefill(sequence, tokens[sequence].AsSpan(0, lengths[sequence])), lengths[sequence] - 1) is { } wrong) return wrong;
            }

            int back = random.Next(lengths[0]);
            decoder.Rewind(0, back);
            lengths[0] = back;
            while (lengths[0] < time || lengths[1] < time)
            {
                int[] next = [.. Enumerable.Range(0, 2).Select(sequence => lengths[sequence] < time ? tokens[sequence][lengths[sequence]] : -1)];
                ReadOnlySpan<float> both = decoder.Step(next);
                for (int sequence = 0; sequence < 2; sequence++)
                {
                    if (next[sequence] < 0) continue;
                    if (Compare(sequence, both.Slice(sequence * vocabulary, vocabulary), lengths[sequence]++) is { } wrong) return wrong;
                }
            }
        }

        return null;
    });

    /// <summary>Matrices in 16 bits are those values, whatever kernel reads them; and they are the decoder's own: what becomes of the model does not matter to it.</summary>
    [Fact]
    public void RoundedWeightsDecodeAsAModelOfThem() => ForAll((_, instance, model, failures) =>
    {
        Random random = new(model.Number);
        RandomModels.Fill(instance, random);
        int time = model.Context, vocabulary = instance.Plan.Vocabulary, prompt = random.Next(1, time + 1);
        int[] tokens = Tokens(random, 2 * time, vocabulary);
        DecoderOptions options = new() { Batch = 2, PrefillChunk = random.Next(1, 40), Threads = 2 };
        using Decoder rounded = instance.CreateDecoder(options with { Weights = WeightFormat.BFloat16 });
        foreach (Parameter parameter in instance.Parameters.Where(parameter => parameter.Shape.Count == 2))
        {
            foreach (ref float value in parameter.Values)
            {
                uint bits = BitConverter.SingleToUInt32Bits(value);
                value = BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
            }
        }

        List<double[]> expected = [];
        using (Decoder plain = instance.CreateDecoder(options)) Decode(plain, logits => expected.Add([.. logits.ToArray().Select(value => (double)value)]));
        foreach (Parameter parameter in instance.Parameters) parameter.Values.Fill(float.NaN);
        instance.Dispose();
        int at = 0;
        string? problem = null;
        Decode(rounded, logits =>
        {
            double error = Errors.Relative(logits, expected[at], 1e-3);
            failures.Worst("logits of rounded weights", error);
            if (!(error < 1e-5)) problem ??= $"logits {at} deviate by {error:E1}";
            at++;
        });
        return problem;

        void Decode(Decoder decoder, Action<ReadOnlySpan<float>> use)
        {
            for (int sequence = 0; sequence < 2; sequence++) use(decoder.Prefill(sequence, tokens.AsSpan(sequence * time, prompt)));
            for (int position = prompt; position < time; position++) use(decoder.Step([tokens[position], tokens[time + position]]));
        }
    });

    /// <summary>What users check their models with, on the generated classes.</summary>
    [Fact]
    public void AResumedTrainingIsTheUninterruptedOne()
    {
        Failures failures = new(output);
        foreach (RandomModel model in Drawn.Value.Models)
        {
            failures.Of(model, () =>
            {
                Type type = Drawn.Value.Assembly.Type(model.Name);
                using IDisposable instance = (IDisposable)type.GetMethod("Create")!.Invoke(null, [model.Number])!;
                CheckOptions options = new() { Seed = model.Number, Batch = 2, Sequence = model.Context, RandomParameters = false, Threads = 2 };
                MethodInfo check = typeof(ModelChecks).GetMethod(nameof(ModelChecks.ResumeIsExact))!.MakeGenericMethod(type);
                check.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [instance, null, 4, options], null);
                return null;
            });
        }

        failures.Report();
    }

    /// <summary>The number of threads changes no bit of losses or weights.</summary>
    [Fact]
    public void ThreadsChangeNothing() => ForAll((_, instance, model, failures) =>
    {
        int time = model.Context, batch = 3, vocabulary = instance.Plan.Vocabulary;
        Random random = new(model.Number);
        int[] inputs = Tokens(random, batch * time, vocabulary), targets = Tokens(random, batch * time, vocabulary);
        List<double[]> results = [];
        float[][] start = [.. instance.Parameters.Select(parameter => parameter.Values.ToArray())];
        foreach (int threads in (int[])[1, 2, 3])
        {
            for (int i = 0; i < start.Length; i++) start[i].CopyTo(instance.Parameters[i].Values);
            using Trainer trainer = instance.CreateTrainer(new TrainerOptions { Batch = batch, Sequence = time, Threads = threads, Optimizer = new AdamW { LearningRate = 1e-2 } });
            List<double> losses = [];
            for (int step = 0; step < 3; step++) losses.Add(trainer.Step(inputs, targets).Loss);
            results.Add([.. losses, .. instance.Parameters.SelectMany(parameter => parameter.Values.ToArray()).Select(value => (double)value)]);
        }

        return results[0].SequenceEqual(results[1]) && results[0].SequenceEqual(results[2]) ? null : "threads change the result";
    });

    private void ForAll(Func<ModelDeclaration, ModelInstance, RandomModel, Failures, string?> check)
    {
        (IReadOnlyList<RandomModel> models, IReadOnlyDictionary<string, ModelDeclaration> declarations, InMemoryModels assembly) = Drawn.Value;
        Failures failures = new(output);
        foreach (RandomModel model in models)
        {
            failures.Of(model, () =>
            {
                using ModelInstance instance = assembly.Create(model.Name, seed: 1);
                return check(declarations[model.Name], instance, model, failures);
            });
        }

        failures.Report();
    }

    private static int[] Tokens(Random random, int count, int vocabulary) => [.. Enumerable.Range(0, count).Select(_ => random.Next(vocabulary))];
}
