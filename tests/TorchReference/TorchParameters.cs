using TorchSharp;
using static TorchSharp.torch;

namespace ModelDsl.TorchReference;

/// <summary>The parameters of a reference model under the project's path names, with their gradients: leaves of autograd.</summary>
internal sealed class TorchParameters : IDisposable
{
    private readonly Dictionary<string, TorchSharp.Modules.Parameter> byName = [];
    private readonly List<string> names = [];

    /// <summary>Makes parameters of zeros.</summary>
    /// <param name="shapes">Names and shapes.</param>
    /// <param name="type">float32 or float64.</param>
    /// <param name="columnMajor">Store matrices column by column: torch's product of one row and such a weight reads memory faster.</param>
    public TorchParameters(IEnumerable<(string Name, long[] Shape)> shapes, ScalarType type, bool columnMajor = false)
    {
        Type = type;
        foreach ((string name, long[] shape) in shapes)
        {
            names.Add(name);
            Tensor values = columnMajor && shape.Length == 2 ? zeros([shape[1], shape[0]], type).t() : zeros(shape, type);
            byName.Add(name, (TorchSharp.Modules.Parameter)new TorchSharp.Modules.Parameter(values, requires_grad: true).DetachFromDisposeScope());
        }
    }

    /// <summary>float32 or float64.</summary>
    public ScalarType Type { get; }

    /// <summary>All names, in the order of computation.</summary>
    public IReadOnlyList<string> Names => names;

    /// <summary>Number of elements of all parameters.</summary>
    public long Count => names.Sum(name => byName[name].numel());

    /// <summary>A parameter.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name; the message lists all.</exception>
    public TorchSharp.Modules.Parameter this[string name] => byName.TryGetValue(name, out TorchSharp.Modules.Parameter? found)
        ? found
        : throw new KeyNotFoundException($"No parameter '{name}'. There are: {string.Join(", ", names)}");

    /// <summary>Sets a parameter's values, row-major in its shape.</summary>
    public void Set(string name, ReadOnlySpan<float> values)
    {
        TorchSharp.Modules.Parameter target = this[name];
        if (values.Length != target.numel()) throw new ArgumentException($"'{name}' has shape [{string.Join(", ", target.shape)}], but {values.Length} values came.");
        using IDisposable _ = no_grad();
        using Tensor source = tensor(values.ToArray(), target.shape);
        target.copy_(source);
    }

    /// <summary>A parameter's values, row-major.</summary>
    public float[] Get(string name) => Floats(this[name]);

    /// <summary>The gradient of the last backward, row-major; zeros where the parameter took no part.</summary>
    public float[] Gradient(string name) => this[name].grad is { } gradient ? Floats(gradient) : new float[this[name].numel()];

    /// <summary>Normal draws of the given deviation, around 1 for the weights of norms and 0 elsewhere.</summary>
    public void Randomize(int seed, double deviation)
    {
        using Generator random = new((ulong)seed);
        using IDisposable _ = no_grad();
        foreach (string name in names)
        {
            using Tensor draws = randn(byName[name].shape, Type, generator: random);
            draws.mul_(deviation).add_(name.EndsWith("Norm.Weight", StringComparison.Ordinal) ? 1 : 0);
            byName[name].copy_(draws);
        }
    }

    /// <summary>Forgets all gradients.</summary>
    public void ClearGradients()
    {
        foreach (string name in names) byName[name].grad = null;
    }

    /// <summary>Frees everything.</summary>
    public void Dispose()
    {
        foreach (TorchSharp.Modules.Parameter parameter in byName.Values) parameter.Dispose();
    }

    /// <summary>A tensor's elements as floats, row-major.</summary>
    public static float[] Floats(Tensor source)
    {
        using DisposeScope _ = NewDisposeScope();
        return source.detach().to_type(ScalarType.Float32).contiguous().data<float>().ToArray();
    }
}
