using ModelDsl.Compiler.Graph;

namespace ModelDsl.Compiler.Planning;

/// <summary>An offset that depends on the indices of the loops around: constant + Σ index · stride.</summary>
internal sealed record AffineOffset(long Constant, IReadOnlyList<(Loop Loop, long Stride)> Terms)
{
    public static AffineOffset Zero { get; } = new(0, []);

    public AffineOffset Plus(long constant) => this with { Constant = Constant + constant };

    public AffineOffset Plus(Loop loop, long stride) => this with { Terms = [.. Terms, (loop, stride)] };
}

/// <summary>
/// Where each parameter lives in the parameter arena; gradients and optimiser slots have the same offsets. All vectors come before all matrices, so that a decoder can keep matrices
/// in another format as one block; each of the two parts is in order of declaration, and an iteration of a loop holds what one block has of it.
/// Parameters whose rows a product stacks follow each other without a gap; otherwise each starts on a cache line.
/// </summary>
internal sealed class ParameterLayout
{
    private const int Alignment = 16;

    /// <summary>A cache line of 16-bit elements.</summary>
    private const int MatrixAlignment = 32;

    private readonly Dictionary<Value, AffineOffset> offsets = [];
    private readonly List<Value> order = [];
    private readonly ModelGraph graph;

    public ParameterLayout(ModelGraph graph)
    {
        this.graph = graph;
        Parts parts = Measure(graph.Root);
        Place(graph.Root, AffineOffset.Zero, AffineOffset.Zero.Plus(parts.Vectors));
        Floats = parts.Vectors + parts.Matrices;
    }

    /// <summary>Floats of the arena.</summary>
    public long Floats { get; }

    public AffineOffset Of(Value parameter) => offsets[parameter];

    /// <summary>Whether a parameter is among the matrices: it has two extents.</summary>
    public static bool IsMatrix(Value parameter) => parameter.Parameters[0].Shape.Count > 1;

    /// <summary>Every declared parameter with its offset, in order of declaration.</summary>
    public IEnumerable<(ParameterDeclaration Parameter, AffineOffset Offset)> All()
    {
        foreach (Value value in order)
        {
            long within = 0;
            foreach (ParameterDeclaration parameter in value.Parameters)
            {
                yield return (parameter, offsets[value].Plus(within));
                within += parameter.Length;
            }
        }
    }

    public static long Align(long floats, int alignment = Alignment) => (floats + alignment - 1) / alignment * alignment;

    private void Place(Region region, AffineOffset vectors, AffineOffset matrices)
    {
        // A loop stands where its first parameter was declared.
        IEnumerable<(int Order, object Entry)> own = graph.Parameters.Where(parameter => parameter.Region == region).Select(parameter => (parameter.Id, (object)parameter));
        IEnumerable<(int Order, object Entry)> inner = Loops(region).Select(loop => (First(loop), (object)loop));
        foreach ((_, object entry) in own.Concat(inner).OrderBy(entry => entry.Order))
        {
            Parts size;
            if (entry is Value parameter)
            {
                size = Measure(parameter);
                offsets[parameter] = IsMatrix(parameter) ? matrices : vectors;
                order.Add(parameter);
            }
            else
            {
                Loop loop = (Loop)entry;
                Parts stride = Measure(loop.Body);
                Place(loop.Body, vectors.Plus(loop, stride.Vectors), matrices.Plus(loop, stride.Matrices));
                size = stride.Times(loop.Count);
            }

            (vectors, matrices) = (vectors.Plus(size.Vectors), matrices.Plus(size.Matrices));
        }
    }

    private Parts Measure(Region region)
    {
        Parts sum = default;
        foreach (Value parameter in graph.Parameters.Where(parameter => parameter.Region == region)) sum = sum.Plus(Measure(parameter));
        foreach (Loop loop in Loops(region)) sum = sum.Plus(Measure(loop.Body).Times(loop.Count));
        return sum;
    }

    private static Parts Measure(Value parameter)
    {
        long floats = parameter.Parameters.Sum(declared => declared.Length);
        return IsMatrix(parameter) ? new Parts(0, Align(floats, MatrixAlignment)) : new Parts(Align(floats), 0);
    }

    private static IEnumerable<Loop> Loops(Region region) => region.Items.OfType<Loop>().Where(loop => !loop.Reversed);

    private int First(Loop loop) => graph.Parameters.Where(parameter => Inside(parameter.Region, loop.Body)).Select(parameter => parameter.Id).DefaultIfEmpty(int.MaxValue).Min();

    private static bool Inside(Region? region, Region outer)
    {
        for (; region is not null; region = region.Parent)
        {
            if (region == outer) return true;
        }

        return false;
    }

    /// <summary>Floats of the two parts of the arena.</summary>
    private readonly record struct Parts(long Vectors, long Matrices)
    {
        public Parts Plus(Parts other) => new(Vectors + other.Vectors, Matrices + other.Matrices);

        public Parts Times(long count) => new(Vectors * count, Matrices * count);
    }
}
