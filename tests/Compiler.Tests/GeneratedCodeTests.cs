using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Tests.Oracle;
using ModelDsl.TestSupport;
using Xunit.Abstractions;

namespace ModelDsl.Compiler.Tests;

/// <summary>Generated code against the graph's interpreter in double: outputs and every gradient of random models, all in one assembly.</summary>
public class GeneratedCodeTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(false, "2N0XIzNsQ0O2")]
    [InlineData(true, "3N0XIzNsQ0O3")]
    public void ModulesComputeWhatTheGraphSays(bool languageModels, string seed)
    {
        IReadOnlyList<RandomModel> models = RandomModels.Draw(80, languageModels, seed);
        IReadOnlyDictionary<string, ModelDeclaration> declarations = ModelOracle.Read(models);
        InMemoryModels assembly = InMemoryModels.Load(models.Select(model => model.Source));
        Failures failures = new(output);
        foreach (RandomModel model in models)
        {
            failures.Of(model, () =>
            {
                using ModelInstance instance = assembly.Create(model.Name, seed: 1);
                return Check(declarations[model.Name], instance, new Random(model.Number), failures);
            });
        }

        failures.Report();
    }

    private static string? Check(ModelDeclaration model, ModelInstance instance, Random random, Failures failures)
    {
        int batch = random.Next(1, 4), time = random.Next(1, instance.Plan.Context + 1), rows = batch * time;
        RandomModels.Fill(instance, random);
        using ModelModule module = instance.CreateModule(new ModuleOptions { Batch = batch, Sequence = time, Threads = 2 });
        ModelGraph graph = CompiledProgram.BuildGraph(model, ProgramKind.Module);
        ModelOracle oracle = new(graph, batch, time);
        int[] starts = random.Next(3) == 0 ? RandomModels.SegmentStarts(random, batch, time) : [];
        oracle.SetSegmentStarts(starts.Length > 0 ? starts : null);
        float[] upstream = Draw(random, rows * module.OutputColumns), result, inputGradient;
        int[] tokens = [.. Enumerable.Range(0, rows).Select(_ => random.Next(Math.Max(1, instance.Plan.Vocabulary)))];
        float[] input = Draw(random, rows * module.InputColumns);
        oracle.Set(Role.Tokens, [.. tokens.Select(token => (double)token)]);
        oracle.Set(Role.ModuleInput, [.. input.Select(value => (double)value)]);
        float[] Forward() => (module.TakesTokens ? module.Forward(tokens, batch, time, starts) : module.Forward(input, batch, time, starts)).ToArray();
        result = Forward();
        inputGradient = module.Backward(upstream).ToArray();
        oracle.Set(Role.ModuleOutputGradient, [.. upstream.Select(value => (double)value)]);
        oracle.SetParameters(name => [.. instance.Parameters[name].Values.ToArray().Select(value => (double)value)]);
        oracle.Run();
        if (!oracle.IsTame) return failures.Leave();

        double[] expected = oracle.Output(Role.ModuleOutput);
        double error = Errors.Relative(result, expected, 1e-3);
        failures.Worst("output", error);
        if (!(error < 1e-5)) return $"output deviates by {error:E1}";
        IReadOnlyDictionary<string, double[]> gradients = oracle.Gradients();
        double floor = 1e-2 * Errors.Norm(gradients.Values.SelectMany(gradient => gradient)) + 1e-3;
        float[][] once = [.. module.Parameters.Select(parameter => parameter.Gradient.ToArray())];
        foreach (Parameter parameter in module.Parameters)
        {
            error = Errors.Relative(parameter.Gradient, gradients[parameter.Name], floor);
            failures.Worst("gradient", error);
            if (!(error < 1e-4)) return $"gradient of {parameter.Name} deviates by {error:E1}";
        }

        if (inputGradient.Length > 0)
        {
            error = Errors.Relative(inputGradient, oracle.Output(Role.ModuleInputGradient), floor);
            failures.Worst("gradient of the input", error);
            if (!(error < 1e-4)) return $"gradient of the input deviates by {error:E1}";
        }

        Forward();
        module.Backward(upstream, accumulate: true);
        for (int i = 0; i < once.Length; i++)
        {
            error = Errors.Relative(module.Parameters[i].Gradient, [.. once[i].Select(value => 2.0 * value)], floor);
            failures.Worst("gradient added twice", error);
            if (!(error < 1e-6)) return $"gradient of {module.Parameters[i].Name}, added twice, is not twice as large: {error:E1}";
        }

        return null;
    }

    private static float[] Draw(Random random, int length) => [.. Enumerable.Range(0, length).Select(_ => (random.NextSingle() * 2) - 1)];
}
