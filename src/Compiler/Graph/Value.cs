namespace ModelDsl.Compiler.Graph;

/// <summary>Where a value comes from.</summary>
internal enum ValueKind
{
    /// <summary>Computed by a node.</summary>
    Computed,

    /// <summary>Handed in by the caller: tokens, targets, upstream gradients.</summary>
    Input,

    /// <summary>A parameter, or several whose rows follow each other in memory.</summary>
    Parameter,

    /// <summary>The value a loop's body starts an iteration with.</summary>
    Carry,

    /// <summary>A loop's last carried value.</summary>
    Result,
}

/// <summary>A matrix that flows through a graph.</summary>
internal sealed class Value
{
    internal Value(int id, ValueKind kind, Shape shape, string name, Region region)
    {
        Id = id;
        Kind = kind;
        Shape = shape;
        Name = name;
        Region = region;
    }

    /// <summary>Number within the graph, in order of creation.</summary>
    public int Id { get; }

    public ValueKind Kind { get; }

    public Shape Shape { get; }

    /// <summary>Path of the layer and role, such as <c>Attention.QueryKeyValue</c>; not unique.</summary>
    public string Name { get; }

    /// <summary>The region it belongs to: for a parameter the one whose iterations each have their own.</summary>
    public Region Region { get; }

    /// <summary>The node that computes it, if any.</summary>
    public Node? Producer { get; internal set; }

    /// <summary>For a parameter: the declared parameters whose rows it stacks.</summary>
    public IReadOnlyList<ParameterDeclaration> Parameters { get; internal set; } = [];

    public override string ToString() => "%" + Text.Invariant(Id);
}

/// <summary>A parameter as a layer declares it.</summary>
/// <param name="Path">Names of properties down to the weight; a repeated property's indices are inserted by its region.</param>
/// <param name="Shape">Its logical shape: one or two extents.</param>
/// <param name="Initializer">How it starts.</param>
/// <param name="Decay">Whether weight decay applies by default.</param>
internal sealed record ParameterDeclaration(ParameterPath Path, EquatableArray<int> Shape, ParameterStart Initializer, bool Decay)
{
    public int Rows => Shape.Count == 1 ? 1 : Shape[0];

    public int Columns => Shape[Shape.Count - 1];

    public long Length => (long)Rows * Columns;
}

/// <summary>How a parameter starts: a constant, or normal draws with a standard deviation.</summary>
internal readonly record struct ParameterStart(bool Normal, double Value)
{
    public static ParameterStart Constant(double value) => new(false, value);

    public static ParameterStart Gaussian(double deviation) => new(true, deviation);
}

/// <summary>A path of property names in which repeated properties carry a loop index: <c>Blocks.{0}.Attention.Query.Weight</c>.</summary>
internal sealed record ParameterPath(EquatableArray<PathStep> Steps)
{
    /// <summary>The properties joined by dots, without places for indices.</summary>
    public string Names => string.Join(".", Steps.Select(step => step.Name));

    public override string ToString() => string.Join(".", Steps);
}

/// <summary>A property name, and the depth of the loop whose index follows it, or -1.</summary>
internal readonly record struct PathStep(string Name, int Depth)
{
    public override string ToString() => Depth < 0 ? Name : $"{Name}.{{{Text.Invariant(Depth)}}}";
}
