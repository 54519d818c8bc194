using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Tests.Oracle;
using Xunit.Abstractions;

namespace ModelDsl.Compiler.Tests;

/// <summary>
/// The backward of random models against central finite differences, both in double, on the graph before fusion. Each tensor is moved along a random direction, so that every element
/// of its gradient counts.
/// </summary>
public class DifferentiationTests(ITestOutputHelper output)
{
    private const double Tolerance = 1e-6;
    private static readonly double[] Steps = [1e-4, 1e-5, 1e-6, 1e-7];

    [Theory]
    [InlineData(false, "0N0XIzNsQ0O2")]
    [InlineData(true, "1N0XIzNsQ0O3")]
    public void GradientsOfModulesAreFiniteDifferences(bool languageModels, string seed) => Check(RandomModels.Draw(60, languageModels, seed), ProgramKind.Module);

    [Fact]
    public void GradientsOfTheLossAreFiniteDifferences() => Check(RandomModels.Draw(40, languageModels: true, "1N0XIzNsQ0O4"), ProgramKind.Train);

    private void Check(IReadOnlyList<RandomModel> draw, ProgramKind kind)
    {
        // A threshold that counts as a constant moves with its inputs all the same: such gradients are no differences.
        IReadOnlyList<RandomModel> models = [.. draw.Select(model => model with { Source = model.Source.Replace("ThresholdGradient.Detached", "ThresholdGradient.Attached", StringComparison.Ordinal) })];
        IReadOnlyDictionary<string, ModelDeclaration> declarations = ModelOracle.Read(models);
        Failures failures = new(output);
        foreach (RandomModel model in models) failures.Of(model, () => new Problem(declarations[model.Name], kind, new Random(model.Number)).Check(failures));
        failures.Report();
    }

    /// <summary>A model at a point: what its loss is there, and its gradients.</summary>
    private sealed class Problem
    {
        private readonly ModelGraph graph;
        private readonly ModelOracle oracle;
        private readonly Random random;
        private readonly Dictionary<string, double[]> parameters = [];
        private readonly double[] tokens, targets, input, weights;
        private readonly double scale;

        public Problem(ModelDeclaration model, ProgramKind kind, Random random)
        {
            this.random = random;
            graph = CompiledProgram.BuildGraph(model, kind);
            int batch = random.Next(1, 3), time = random.Next(1, Math.Min(model.Attribute.Int("Context", 1), 6) + 1), rows = batch * time;
            oracle = new ModelOracle(graph, batch, time);
            if (random.Next(3) == 0) oracle.SetSegmentStarts(RandomModels.SegmentStarts(random, batch, time));
            foreach (KeyValuePair<string, ParameterDeclaration> known in oracle.Parameters()) parameters[known.Key] = Draw((int)known.Value.Length, RandomModels.Size(known.Key, [.. known.Value.Shape]));
            int vocabulary = model.Members[0].Find("Embedding")?.Int("Vocabulary", 0) ?? 1;
            tokens = [.. Enumerable.Range(0, rows).Select(_ => (double)random.Next(vocabulary))];
            targets = [.. Enumerable.Range(0, rows).Select(_ => random.Next(4) == 0 ? -1.0 : random.Next(vocabulary))];
            input = Draw(rows * model.Attribute.Int("Width", 0), 1);
            weights = kind == ProgramKind.Module ? Draw(rows * graph.Outputs[Role.ModuleOutput].Shape.Columns, 1) : [];
            scale = 1.0 / rows;
        }

        public string? Check(Failures failures)
        {
            Loss();
            if (!oracle.IsTame) return failures.Leave();
            IReadOnlyDictionary<string, double[]> gradients = oracle.Gradients();
            List<(string Name, double[] Values, double[] Gradient)> tensors = [.. gradients.Select(gradient => (gradient.Key, parameters[gradient.Key], gradient.Value))];
            if (tensors.Count != parameters.Count) return $"{parameters.Count} parameters have {tensors.Count} gradients";
            if (graph.Outputs.ContainsKey(Role.ModuleInputGradient)) tensors.Add(("the input", input, oracle.Output(Role.ModuleInputGradient)));
            double size = Errors.Norm(tensors.SelectMany(tensor => tensor.Gradient));
            foreach ((string name, double[] values, double[] gradient) in tensors)
            {
                // Near a kink of a rectifier, or where a norm of small values bends sharply, only a small step shows the derivative; larger ones lose fewer digits.
                double error = Steps.Select(step => Deviation(values, gradient, step) / Math.Max(size, 1e-2)).TakeUntil(deviation => deviation <= Tolerance).Min();
                failures.Worst("gradient", error);
                if (!(error <= Tolerance)) return $"gradient of {name} deviates by {error:E1}";
            }

            return null;
        }

        /// <summary>The derivative along a random direction, by the gradient and by differences of the fourth order.</summary>
        private double Deviation(double[] values, double[] gradient, double step)
        {
            double length = Math.Sqrt(values.Length);
            double[] direction = [.. values.Select(_ => (random.Next(2) == 0 ? 1 : -1) / length)], start = [.. values];
            double At(double shift)
            {
                for (int i = 0; i < values.Length; i++) values[i] = start[i] + (shift * direction[i]);
                return Loss();
            }

            double measured = ((8 * (At(step) - At(-step))) - (At(2 * step) - At(-2 * step))) / (12 * step);
            start.CopyTo(values, 0);
            return Math.Abs(measured - gradient.Zip(direction, (a, b) => a * b).Sum());
        }

        private double Loss()
        {
            oracle.Set(Role.Tokens, tokens);
            oracle.Set(Role.Targets, targets);
            oracle.Set(Role.LossScale, [scale]);
            oracle.Set(Role.ModuleInput, input);
            oracle.Set(Role.ModuleOutputGradient, weights);
            oracle.SetParameters(name => parameters[name]);
            oracle.Run();
            return graph.Kind == ProgramKind.Module ? oracle.Output(Role.ModuleOutput).Zip(weights, (a, b) => a * b).Sum() : oracle.Output(Role.RowLosses).Sum() * scale;
        }

        private double[] Draw(int length, double size) => [.. Enumerable.Range(0, length).Select(_ => size * ((random.NextDouble() * 2) - 1))];
    }
}
