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
/// Where each parameter lives in the parameter arena; gradients and optimiser slots have the same offsets. Order of declaration; an iteration of a loop holds the parameters of one block.
/// Parameters whose rows a product stacks follow each other without a gap; otherwise each starts on a cache line.
/// </summary>
internal sealed class ParameterLayout
{
    private const int Alignment = 16;

    private readonly Dictionary<Value, AffineOffset> offsets = [];
    private readonly ModelGraph graph;

    public ParameterLayout(ModelGraph graph)
    {
        this.graph = graph;
        Floats = Place(graph.Root, AffineOffset.Zero);
    }

    /// <summary>Floats of the arena.</summary>
    public long Floats { get; }

    public AffineOffset Of(Value parameter) => offsets[parameter];

    /// <summary>Every declared parameter with its offset, in arena order.</summary>
    public IEnumerable<(ParameterDeclaration Parameter, AffineOffset Offset)> All()
    {
        foreach (KeyValuePair<Value, AffineOffset> placed in offsets)
        {
            long within = 0;
            foreach (ParameterDeclaration parameter in placed.Key.Parameters)
            {
                yield return (parameter, placed.Value.Plus(within));
                within += parameter.Length;
            }
        }
    }

    public static long Align(long floats) => (floats + Alignment - 1) / Alignment * Alignment;

    private long Place(Region region, AffineOffset start)
    {
        // A loop stands where its first parameter was declared.
        IEnumerable<(int Order, object Entry)> own = graph.Parameters.Where(parameter => parameter.Region == region).Select(parameter => (parameter.Id, (object)parameter));
        IEnumerable<(int Order, object Entry)> inner = region.Items.OfType<Loop>().Where(loop => !loop.Reversed).Select(loop => (First(loop), (object)loop));
        long next = 0;
        foreach ((_, object entry) in own.Concat(inner).OrderBy(entry => entry.Order))
        {
            if (entry is Value parameter)
            {
                offsets[parameter] = start.Plus(next);
                next += Align(parameter.Parameters.Sum(declared => declared.Length));
            }
            else
            {
                Loop loop = (Loop)entry;
                long stride = Measure(loop.Body);
                Place(loop.Body, start.Plus(next).Plus(loop, stride));
                next += stride * loop.Count;
            }
        }

        return next;
    }

    private long Measure(Region region)
        => graph.Parameters.Where(parameter => parameter.Region == region).Sum(parameter => Align(parameter.Parameters.Sum(declared => declared.Length)))
            + region.Items.OfType<Loop>().Where(loop => !loop.Reversed).Sum(loop => loop.Count * Measure(loop.Body));

    private int First(Loop loop) => graph.Parameters.Where(parameter => Inside(parameter.Region, loop.Body)).Select(parameter => parameter.Id).DefaultIfEmpty(int.MaxValue).Min();

    private static bool Inside(Region? region, Region outer)
    {
        for (; region is not null; region = region.Parent)
        {
            if (region == outer) return true;
        }

        return false;
    }
}
