using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Tests.Oracle;
using ModelDsl.TestSupport;

namespace ModelDsl.Compiler.Tests;

/// <summary>Generated code against the graph's interpreter in double: outputs and every gradient of random models, all in one assembly.</summary>
public class GeneratedCodeTests
{
    [Theory]
    [InlineData(false, "2N0XIzNsQ0O2")]
    [InlineData(true, "3N0XIzNsQ0O3")]
    public void ModulesComputeWhatTheGraphSays(bool languageModels, string seed)
    {
        IReadOnlyList<RandomModel> models = RandomModels.Draw(80, languageModels, seed);
        IReadOnlyDictionary<string, ModelDeclaration> declarations = ModelOracle.Read(models);
        InMemoryModels assembly = InMemoryModels.Load(models.Select(model => model.Source));
        List<string> wrong = [];
        foreach (RandomModel model in models)
        {
            using ModelInstance instance = assembly.Create(model.Name, seed: 1);
            string? problem = Check(declarations[model.Name], instance, model.Context);
            if (problem is not null) wrong.Add(problem + "\n" + model.Source);
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {models.Count}:\n" + string.Join("\n", wrong.Take(3)));
    }

    private static string? Check(ModelDeclaration model, ModelInstance instance, int context)
    {
        Random random = new(context);
        int batch = random.Next(1, 4), time = random.Next(1, context + 1), rows = batch * time;
        foreach (Parameter parameter in instance.Parameters)
        {
            float size = parameter.Name.EndsWith("Norm.Weight", StringComparison.Ordinal) ? 1f : 0.4f;
            foreach (ref float value in parameter.Values) value = size * ((random.NextSingle() * 2) - 1);
        }

        using ModelModule module = instance.CreateModule(new ModuleOptions { Batch = batch, Sequence = time, Threads = 2 });
        ModelGraph graph = CompiledProgram.BuildGraph(model, ProgramKind.Module);
        ModelOracle oracle = new(graph, batch, time);
        float[] upstream = Draw(random, rows * module.OutputColumns), output, inputGradient;
        if (module.TakesTokens)
        {
            int[] tokens = [.. Enumerable.Range(0, rows).Select(_ => random.Next(instance.Plan.Vocabulary))];
            oracle.Set(Role.Tokens, [.. tokens.Select(token => (double)token)]);
            output = module.Forward(tokens, batch, time).ToArray();
        }
        else
        {
            float[] input = Draw(random, rows * module.InputColumns);
            oracle.Set(Role.ModuleInput, [.. input.Select(value => (double)value)]);
            output = module.Forward(input, batch, time).ToArray();
        }

        inputGradient = module.Backward(upstream).ToArray();
        oracle.Set(Role.ModuleOutputGradient, [.. upstream.Select(value => (double)value)]);
        oracle.SetParameters(name => [.. instance.Parameters[name].Values.ToArray().Select(value => (double)value)]);
        oracle.Run();

        double[] expected = oracle.Output(Role.ModuleOutput);
        double error = Errors.Relative(output, expected, 1e-3);
        if (!(error < 1e-5)) return $"output deviates by {error:E1}";
        IReadOnlyDictionary<string, double[]> gradients = oracle.Gradients();
        double floor = 1e-2 * Errors.Norm(gradients.Values.SelectMany(gradient => gradient)) + 1e-3;
        foreach (Parameter parameter in module.Parameters)
        {
            error = Errors.Relative(parameter.Gradient, gradients[parameter.Name], floor);
            if (!(error < 1e-4)) return $"gradient of {parameter.Name} deviates by {error:E1}";
        }

        if (inputGradient.Length == 0) return null;
        error = Errors.Relative(inputGradient, oracle.Output(Role.ModuleInputGradient), floor);
        return error < 1e-4 ? null : $"gradient of the input deviates by {error:E1}";
    }

    private static float[] Draw(Random random, int length) => [.. Enumerable.Range(0, length).Select(_ => (random.NextSingle() * 2) - 1)];
}
