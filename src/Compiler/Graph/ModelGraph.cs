namespace ModelDsl.Compiler.Graph;

/// <summary>Which program of a model a graph is.</summary>
internal enum ProgramKind
{
    /// <summary>Forward, loss, backward.</summary>
    Train,

    /// <summary>Forward, loss.</summary>
    Evaluate,

    /// <summary>New positions of sequences whose earlier ones are cached; logits of the last. Decoding is this with one new position.</summary>
    Prefill,

    /// <summary>Forward without a loss, and its backward from a given gradient.</summary>
    Module,
}

/// <summary>What an input or output of a graph is to the caller.</summary>
internal enum Role
{
    Tokens,
    Targets,
    LossScale,
    ModuleInput,
    ModuleOutputGradient,
    ModuleOutput,
    ModuleInputGradient,
    RowLosses,
    Logits,
}

/// <summary>One program of a model as a graph.</summary>
internal sealed class ModelGraph(ProgramKind kind)
{
    private int nextId;

    public ProgramKind Kind { get; } = kind;

    public Region Root { get; } = new(null, null);

    public Dictionary<Role, Value> Inputs { get; } = [];

    public Dictionary<Role, Value> Outputs { get; } = [];

    /// <summary>All parameter values, in order of declaration.</summary>
    public List<Value> Parameters { get; } = [];

    /// <summary>The layers and stacks it was lowered from, in order of declaration.</summary>
    public List<LayerPlace> Layers { get; } = [];

    /// <summary>For each parameter, the values that add up to its gradient, in the order they are computed.</summary>
    public List<(Value Parameter, Value Gradient)> ParameterGradients { get; } = [];

    /// <summary>Items of the root before this index are the forward pass.</summary>
    public int BackwardStart { get; set; } = -1;

    internal Value NewValue(ValueKind kind, Shape shape, string name, Region region) => new(nextId++, kind, shape, name, region);
}
