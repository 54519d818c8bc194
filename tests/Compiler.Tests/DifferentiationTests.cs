using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Tests.Oracle;

namespace ModelDsl.Compiler.Tests;

/// <summary>The backward of random models against central finite differences, both in double, on the graph before fusion.</summary>
public class DifferentiationTests
{
    private const double Step = 1e-5;

    [Theory]
    [InlineData(false, "0N0XIzNsQ0O2")]
    [InlineData(true, "1N0XIzNsQ0O3")]
    public void GradientsAreFiniteDifferences(bool languageModels, string seed)
    {
        IReadOnlyList<RandomModel> models = RandomModels.Draw(60, languageModels, seed);
        IReadOnlyDictionary<string, ModelDeclaration> declarations = ModelOracle.Read(models);
        List<string> wrong = [];
        foreach (RandomModel model in models)
        {
            string? problem = Check(declarations[model.Name], model.Context);
            if (problem is not null) wrong.Add(problem + "\n" + model.Source);
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {models.Count}:\n" + string.Join("\n", wrong.Take(3)));
    }

    private static string? Check(ModelDeclaration model, int context)
    {
        Random random = new(model.Type.Name.Length + context);
        int batch = random.Next(1, 3), time = random.Next(1, Math.Min(context, 6) + 1);
        ModelGraph graph = CompiledProgram.BuildGraph(model, ProgramKind.Module);
        ModelOracle oracle = new(graph, batch, time);
        Dictionary<string, double[]> parameters = [];
        double[] Parameter(string name, int length) => parameters.TryGetValue(name, out double[]? known) ? known : parameters[name] = Draw(random, length, name.EndsWith("Norm.Weight", StringComparison.Ordinal) ? 1 : 0.4);
        Dictionary<string, int> lengths = Lengths(model);
        int width = model.Attribute.Int("Width", 0), rows = batch * time;
        double[] tokens = [.. Enumerable.Range(0, rows).Select(_ => (double)random.Next(2))], input = Draw(random, rows * width, 1);
        int outputs = graph.Outputs[Role.ModuleOutput].Shape.Columns;
        double[] weights = Draw(random, rows * outputs, 1);
        double Loss()
        {
            oracle.Set(Role.Tokens, tokens);
            oracle.Set(Role.ModuleInput, input);
            oracle.Set(Role.ModuleOutputGradient, weights);
            oracle.SetParameters(name => Parameter(name, lengths[name]));
            oracle.Run();
            return oracle.Output(Role.ModuleOutput).Zip(weights, (a, b) => a * b).Sum();
        }

        Loss();
        IReadOnlyDictionary<string, double[]> gradients = oracle.Gradients();
        double[]? inputGradient = graph.Outputs.ContainsKey(Role.ModuleInputGradient) ? oracle.Output(Role.ModuleInputGradient) : null;
        double scale = Errors.Norm(gradients.Values.SelectMany(gradient => gradient).Concat(inputGradient ?? [])) + 1;
        List<(string Name, double[] Values, double[] Gradient)> tensors = [.. gradients.Select(gradient => (gradient.Key, parameters[gradient.Key], gradient.Value))];
        if (inputGradient is not null) tensors.Add(("input", input, inputGradient));
        foreach ((string name, double[] values, double[] gradient) in tensors)
        {
            int index = random.Next(values.Length);
            double value = values[index];
            double Difference(double step)
            {
                values[index] = value + step;
                double above = Loss();
                values[index] = value - step;
                double below = Loss();
                values[index] = value;
                return (above - below) / (2 * step);
            }

            double measured = Difference(Step);
            double error = Math.Abs(measured - gradient[index]) / scale;
            // A kink of a rectifier within the step shows as a difference that depends on the step.
            if (error > 1e-6 && Math.Abs(Difference(Step / 10) - measured) / scale < 1e-7) return $"{name}[{index}]: {gradient[index]} but the difference is {measured}, of {scale}";
        }

        return null;
    }

    private static double[] Draw(Random random, int length, double size) => [.. Enumerable.Range(0, length).Select(_ => size * ((random.NextDouble() * 2) - 1))];

    private static Dictionary<string, int> Lengths(ModelDeclaration model)
    {
        ModelGraph graph = CompiledProgram.BuildGraph(model, ProgramKind.Module);
        Dictionary<string, int> lengths = [];
        foreach (Value parameter in graph.Parameters)
        {
            foreach (ParameterDeclaration declared in parameter.Parameters)
            {
                foreach (string name in ModelOracle.NamesOf(parameter, declared)) lengths[name] = (int)declared.Length;
            }
        }

        return lengths;
    }
}
