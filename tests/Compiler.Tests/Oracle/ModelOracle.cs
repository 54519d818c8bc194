using Microsoft.CodeAnalysis;
using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Interpretation;
using ModelDsl.Generators;
using ModelDsl.TestSupport;

namespace ModelDsl.Compiler.Tests.Oracle;

/// <summary>Runs a program's graph, before fusion, in double, with parameters by their names.</summary>
internal sealed class ModelOracle(ModelGraph graph, int batch, int time)
{
    private readonly Graph.Interpretation.Evaluation evaluation = new(graph, batch, time);

    /// <summary>Reads declarations from source, as the generator does.</summary>
    public static IReadOnlyDictionary<string, ModelDeclaration> Read(IEnumerable<RandomModel> models)
    {
        RandomModel[] all = [.. models];
        Compilation compilation = ModelCompilation.Create("Declarations", all.Select(model => model.Source));
        return all.ToDictionary(model => model.Name, model => DeclarationReader.ReadModel(compilation.GetTypeByMetadataName(model.Name)!, default));
    }

    /// <summary>Sets where documents start, for each row the position within its sequence.</summary>
    public void SetSegmentStarts(IReadOnlyList<int>? starts) => evaluation.SegmentStarts = starts;

    /// <summary>Sets an input from floats, row by row.</summary>
    public void Set(Role role, IReadOnlyList<double> values)
    {
        if (!graph.Inputs.TryGetValue(role, out Value? input)) return;
        evaluation.Set(input, new Matrix(values.Count / input.Shape.Columns, input.Shape.Columns, [.. values]));
    }

    /// <summary>Sets every parameter.</summary>
    public void SetParameters(Func<string, double[]> values)
    {
        foreach (Value parameter in graph.Parameters)
        {
            foreach ((int iteration, int[] indices) in Iterations(parameter.Region))
                evaluation.Set(parameter, new Matrix(parameter.Shape.Rows.Factor, parameter.Shape.Columns, [.. parameter.Parameters.SelectMany(declared => values(Name(declared, indices)))]), iteration);
        }
    }

    public void Run() => evaluation.Run();

    /// <summary>Results of eight runs with parameters changed by about the rounding of a float and every value rounded to one: how far they move, any computation in floats may be off, too.</summary>
    public TResult[] Disturbed<TResult>(Func<string, double[]> values, Random random, Func<ModelOracle, TResult> result) => [.. Enumerable.Range(0, 8).Select(_ =>
    {
        SetParameters(name => [.. values(name).Select(value => value * (1 + ((random.Next(2) == 0 ? 1 : -1) * 6e-8)))]);
        evaluation.RoundToFloat = true;
        Run();
        evaluation.RoundToFloat = false;
        return result(this);
    })];

    /// <summary>Any value of the graph, of one iteration of the loops around it.</summary>
    public Matrix Value(Value value, int iteration) => evaluation.Get(value, iteration);

    public bool Has(Role role) => graph.Outputs.ContainsKey(role);

    public double[] Output(Role role) => evaluation.Get(graph.Outputs[role]).Data;

    /// <summary>The gradient of every parameter by name.</summary>
    public IReadOnlyDictionary<string, double[]> Gradients()
    {
        Dictionary<string, double[]> gradients = [];
        foreach ((Value parameter, Value gradient) in graph.ParameterGradients)
        {
            foreach ((int iteration, int[] indices) in Iterations(parameter.Region))
            {
                double[] data = evaluation.Get(gradient, iteration).Data;
                int start = 0;
                foreach (ParameterDeclaration declared in parameter.Parameters)
                {
                    string name = Name(declared, indices);
                    double[] part = [.. data.Skip(start).Take((int)declared.Length)];
                    start += part.Length;
                    gradients[name] = gradients.TryGetValue(name, out double[]? known) ? [.. known.Zip(part, (a, b) => a + b)] : part;
                }
            }
        }

        return gradients;
    }

    /// <summary>Every parameter by name.</summary>
    public IReadOnlyDictionary<string, ParameterDeclaration> Parameters() => graph.Parameters
        .SelectMany(parameter => parameter.Parameters.SelectMany(declared => NamesOf(parameter, declared).Select(name => (name, declared))))
        .ToDictionary(pair => pair.name, pair => pair.declared);

    /// <summary>
    /// Whether floats can follow: a layer that squares, stacked without norms, leaves their range, or even that of doubles, and then no two results can be compared.
    /// </summary>
    public bool IsTame => evaluation.Largest < 1e5;

    /// <summary>The names of a declared parameter, one for each iteration.</summary>
    public static IEnumerable<string> NamesOf(Value parameter, ParameterDeclaration declared) => Iterations(parameter.Region).Select(iteration => Name(declared, iteration.Indices));

    /// <summary>Every iteration of the loops around a region: its number, and the indices of the loops from the outside.</summary>
    private static IEnumerable<(int Number, int[] Indices)> Iterations(Region region)
    {
        if (region.Loop is not { } loop) return [(0, [])];
        return Iterations(region.Parent!).SelectMany(outer => Enumerable.Range(0, loop.Count).Select(index => ((outer.Number * loop.Count) + index, (int[])[.. outer.Indices, index])));
    }

    private static string Name(ParameterDeclaration declared, int[] indices)
        => string.Join(".", declared.Path.Steps.Select(step => step.Depth < 0 ? step.Name : $"{step.Name}.{indices[step.Depth]}"));
}
