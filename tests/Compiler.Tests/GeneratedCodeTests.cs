using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Tests.Oracle;
using ModelDsl.TestSupport;
using Xunit.Abstractions;

namespace ModelDsl.Compiler.Tests;

/// <summary>Generated code against the graph's interpreter in double: outputs and every gradient of random models, all in one assembly.</summary>
public class GeneratedCodeTests(ITestOutputHelper output)
{
    private const string Input = "the input";

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
        double[] Values(string name) => [.. instance.Parameters[name].Values.ToArray().Select(value => (double)value)];
        oracle.SetParameters(Values);
        oracle.Run();
        if (!oracle.IsTame) return failures.Leave();
        Dictionary<string, double[]> expected = Results(oracle);
        double size = Errors.Norm(expected.Where(tensor => tensor.Key.Length > 0 && tensor.Key != Input).SelectMany(tensor => tensor.Value));
        double Floor(string name) => name.Length == 0 ? 1e-3 : (1e-2 * size) + 1e-3;
        Lazy<Dictionary<string, double[]>[]> disturbed = new(() => oracle.Disturbed(Values, random, Results));
        foreach ((string name, float[] values) in module.Parameters.Select(parameter => (parameter.Name, parameter.Gradient.ToArray())).Prepend((Input, inputGradient)).Prepend(("", result)))
        {
            if (name == Input && module.TakesTokens) continue;
            double error = Errors.Relative(values, expected[name], Floor(name));
            double Disturbed() => disturbed.Value.Max(moved => Errors.Relative([.. moved[name].Select(value => (float)value)], expected[name], Floor(name)));
            (string what, string kind, double tolerance) = name.Length == 0 ? ("the output", "output", 1e-5) : ($"the gradient of {name}", name == Input ? "gradient of the input" : "gradient", 1e-4);
            if (failures.Ends(what, kind, error, tolerance, Disturbed, out string? problem)) return problem;
        }

        float[][] once = [.. module.Parameters.Select(parameter => parameter.Gradient.ToArray())];
        Forward();
        module.Backward(upstream, accumulate: true);
        for (int i = 0; i < once.Length; i++)
        {
            double error = Errors.Relative(module.Parameters[i].Gradient, [.. once[i].Select(value => 2.0 * value)], Floor(module.Parameters[i].Name));
            failures.Worst("gradient added twice", error);
            if (!(error < 1e-6)) return $"gradient of {module.Parameters[i].Name}, added twice, is not twice as large: {error:E1}";
        }

        return null;
    }

    /// <summary>The output under an empty name, the gradient of the input and every parameter's.</summary>
    private static Dictionary<string, double[]> Results(ModelOracle oracle)
    {
        Dictionary<string, double[]> results = new(oracle.Gradients()) { [""] = oracle.Output(Role.ModuleOutput) };
        if (oracle.Has(Role.ModuleInputGradient)) results[Input] = oracle.Output(Role.ModuleInputGradient);
        return results;
    }

    private static float[] Draw(Random random, int length) => [.. Enumerable.Range(0, length).Select(_ => (random.NextSingle() * 2) - 1)];
}
