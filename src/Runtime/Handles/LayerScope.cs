namespace ModelDsl.Programs;

/// <summary>
/// A place in a model: its parameters, and a path below which a layer's parameters lie. Generated code makes the handles of layers from it.
/// </summary>
public readonly struct LayerScope
{
    private readonly ParameterCollection? parameters;
    private readonly string? path;

    /// <summary>The root of a model, or of a trainer's or module's view of it.</summary>
    public LayerScope(ParameterCollection parameters) : this(parameters, "")
    {
    }

    private LayerScope(ParameterCollection parameters, string path)
    {
        this.parameters = parameters;
        this.path = path;
    }

    /// <summary>The path of properties, such as <c>Blocks.3.Attention</c>.</summary>
    public string Path => path ?? "";

    private ParameterCollection Parameters
        => parameters ?? throw new InvalidOperationException("This is no layer of a model: it was not made by a model, but by 'default' or 'new'.");

    /// <summary>The place of a property or weight below this one.</summary>
    public LayerScope Child(string name) => new(Parameters, Path.Length == 0 ? name : Path + "." + name);

    /// <summary>The place of one block of a stack.</summary>
    public LayerScope Child(int index) => Child(index.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>The parameter of a name below this place.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Parameter Parameter(string name) => Parameters[Child(name).Path];

    /// <summary>The parameter of a name below this place, or null where the layer has none of that name.</summary>
    public Parameter? Optional(string name) => Parameters.TryGet(Child(name).Path, out Parameter parameter) ? parameter : null;

    /// <summary>Whether there is a parameter of that name below this place.</summary>
    public bool Has(string name) => Parameters.TryGet(Child(name).Path, out _);

    /// <inheritdoc/>
    public override string ToString() => Path;
}
