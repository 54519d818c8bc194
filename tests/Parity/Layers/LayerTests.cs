using CsCheck;
using ModelDsl.TestSupport;
using ModelDsl.TorchReference;
using TorchSharp;

namespace ModelDsl.Parity.Layers;

/// <summary>Every layer and option, as generated code computes it: output and all gradients are those of TorchSharp's autograd in double.</summary>
public class LayerTests
{
    private const int Cases = 40;

    // Far above rounding in badly conditioned draws, far below what a wrong formula gives.
    private const double Allowed = 1e-4;

    [TorchFact]
    public void Awkward_declarations() => Compare(Declarations.Awkward);

    // Extents are constants of generated code: many declarations share one compilation, so one sample is an array of them.
    [TorchFact]
    public void Random_declarations() => Declarations.Module.Array[Cases].Sample(Compare, iter: 1, threads: 1, print: static modules => $"{modules.Length} modules");

    private static void Compare(DeclaredModule[] modules)
    {
        InMemoryModels models = InMemoryModels.Load(modules.Select((module, i) => module.Source($"Module{i}")));
        List<string> wrong = [];
        int left = 0;
        for (int i = 0; i < modules.Length; i++)
        {
            using ModelInstance model = models.Create($"Declared.Module{i}");
            if (Deviations(modules[i], model) is not { } deviations) left++;
            else if (deviations.Count > 0) wrong.Add($"{modules[i]}: {string.Join(", ", deviations)}");
        }

        Assert.True(wrong.Count == 0, string.Join("\n\n", wrong));
        Assert.True(left * 4 <= modules.Length, $"{left} of {modules.Length} modules are left out");
    }

    /// <summary>What is wrong, or null where rounding decides what is selected: then a computation in floats is another function than the reference.</summary>
    private static List<string>? Deviations(DeclaredModule declared, ModelInstance model)
    {
        using TorchModule reference = new(declared.Reference, declared.Width, type: torch.ScalarType.Float64);
        using ModelModule module = model.CreateModule(new ModuleOptions { Batch = declared.Batch, Sequence = declared.Time, Threads = 2 });
        Assert.Equal(reference.Parameters.Names.Order(), model.Parameters.Names.Order());
        Random random = new(declared.Seed);
        foreach (Parameter parameter in model.Parameters)
        {
            Fill(parameter.Values, random, parameter.Name.EndsWith("Norm.Weight", StringComparison.Ordinal) ? 1 : 0);
            reference.Parameters.Set(parameter.Name, parameter.Values);
        }

        int count = declared.Batch * declared.Time * declared.Width;
        float[] x = new float[count], upstream = new float[count];
        Fill(x, random, 0);
        Fill(upstream, random, 0);
        int[] segments = declared.Segmented ? Segments(declared, random) : [];
        (float[] output, float[] inputGradient) = reference.Run(x, upstream, declared.Batch, segmentStarts: segments);
        if (reference.ClosestChoice < 1e-5) return null;

        // Where the true gradient is zero, rounding of what cancels remains: small against what went in and the gradients altogether.
        double floor = 1e-2 * (Distance.Norm(upstream) + Math.Sqrt(reference.Parameters.Names.Sum(name => Math.Pow(Distance.Norm(reference.Parameters.Gradient(name)), 2))));
        float[] own = module.Forward(x, declared.Batch, declared.Time, segments).ToArray();
        List<(string What, double By)> deviations = Against(own, module.Backward(upstream).ToArray(), name => module.Parameters[name].Gradient.ToArray());
        if (deviations.TrueForAll(deviation => deviation.By < Allowed)) return [];

        // TorchSharp in floats goes as far from itself in double where a draw turns on rounding.
        using TorchModule single = new(declared.Reference, declared.Width, type: torch.ScalarType.Float32);
        foreach (Parameter parameter in model.Parameters) single.Parameters.Set(parameter.Name, parameter.Values);
        (float[] rounded, float[] roundedGradient) = single.Run(x, upstream, declared.Batch, segmentStarts: segments);
        double worst = Against(rounded, roundedGradient, single.Parameters.Gradient).Max(deviation => deviation.By);
        if (deviations.TrueForAll(deviation => deviation.By < 2 * worst)) return null;
        return [.. deviations.Where(deviation => !(deviation.By < Allowed)).Select(deviation => $"{deviation.What} deviates by {deviation.By:E1} (TorchSharp in floats at most by {worst:E1})")];

        List<(string What, double By)> Against(float[] actual, float[] actualGradient, Func<string, float[]> gradient) =>
        [
            ("output", Distance.Relative(actual, output, 1e-2 * Distance.Norm(x))),
            ("input gradient", Distance.Relative(actualGradient, inputGradient, floor)),
            .. reference.Parameters.Names.Select(name => ($"gradient of {name}", Distance.Relative(gradient(name), reference.Parameters.Gradient(name), floor))),
        ];
    }

    private static void Fill(Span<float> values, Random random, float mean)
    {
        foreach (ref float value in values) value = mean + 0.6f * (random.NextSingle() - 0.5f);
    }

    private static int[] Segments(DeclaredModule declared, Random random)
    {
        int[] starts = new int[declared.Batch * declared.Time];
        for (int i = 0; i < starts.Length; i++)
        {
            int position = i % declared.Time;
            starts[i] = position == 0 ? 0 : random.Next(4) == 0 ? position : starts[i - 1];
        }

        return starts;
    }
}
