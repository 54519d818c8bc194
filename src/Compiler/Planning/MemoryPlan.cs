using ModelDsl.Compiler.Fusion;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Operations;

namespace ModelDsl.Compiler.Planning;

/// <summary>
/// Decides where every stored value lives. Views share their source's memory; operands of a concatenation are placed in it; what the backward reads of a forward loop has memory for each
/// iteration; buffers whose lifetimes do not meet share addresses.
/// </summary>
internal sealed class MemoryPlan
{
    private readonly ModelGraph graph;
    private readonly Uses uses;
    private readonly Dictionary<Value, Location> locations = [];
    private readonly HashSet<Value> chunkLocal = [];
    private readonly HashSet<Value> mirrored = [];
    private readonly List<PlannedBuffer> buffers = [];
    private readonly Dictionary<Node, AffineOffset> caches;
    private readonly Dictionary<Node, AffineOffset> selections;
    private readonly Dictionary<ProductKernel, PlannedBuffer> packed = [];

    private MemoryPlan(ModelGraph graph, IReadOnlyList<Kernel> kernels)
    {
        this.graph = graph;
        uses = new Uses(graph);
        Parameters = new ParameterLayout(graph);
        FindChunkLocal(kernels);
        FindMirrored(kernels, graph.Root);
        PlaceGradients(kernels);
        PlaceCarries(graph.Root);
        PlaceConcatenations(graph.Root);
        foreach (Kernel kernel in StorageMarker.All(kernels))
        {
            foreach (Value value in kernel.Writes.Concat(kernel.Reads)) Locate(value);
        }

        (caches, CacheFloatsPerPosition) = InOrder(graph.Root, operation => operation.CacheFloats);
        (selections, _) = InOrder(graph.Root, operation => operation.Selected > 0 ? 1 : 0);
        PlacePacked(kernels);
        Lifetimes.Measure(kernels, this);
        foreach (Value output in graph.Outputs.Values) Locate(output).Buffer.Touch(0, int.MaxValue);
        FloatsPerRow = FirstFit.Assign(buffers.Where(buffer => buffer.Arena == Arena.Activations));
        FloatsPerSequence = FirstFit.Assign(buffers.Where(buffer => buffer.Arena == Arena.Sequences));
        ConstantFloats = FirstFit.Assign(buffers.Where(buffer => buffer.Arena == Arena.Scratch));
    }

    public ParameterLayout Parameters { get; }

    public long FloatsPerRow { get; }

    public long FloatsPerSequence { get; }

    public long ConstantFloats { get; }

    /// <summary>Floats of caches for each position a sequence holds.</summary>
    public long CacheFloatsPerPosition { get; }

    public IReadOnlyList<PlannedBuffer> Buffers => buffers;

    /// <summary>Where a cached attention's keys and values are, in floats before it for each position.</summary>
    public AffineOffset Cache(Node node) => caches[node];

    /// <summary>Which counter of selections is a node's.</summary>
    public AffineOffset Selection(Node node) => selections[node];

    /// <summary>The nodes that select, in order, with their counters.</summary>
    public IEnumerable<(Node Node, AffineOffset Slot)> Selections => selections.Select(entry => (entry.Key, entry.Value));

    /// <summary>Memory for the packed right operand of a product that runs for every chunk with the same one, or null.</summary>
    public PlannedBuffer? PackedRight(ProductKernel product) => packed.TryGetValue(product, out PlannedBuffer? buffer) ? buffer : null;

    public static MemoryPlan Make(ModelGraph graph, IReadOnlyList<Kernel> kernels) => new(graph, kernels);

    /// <summary>Where a value is.</summary>
    public Location Locate(Value value)
    {
        if (locations.TryGetValue(value, out Location? known)) return known;
        return locations[value] = value.Kind switch
        {
            ValueKind.Input => new Location(new PlannedBuffer(value.Name, Arena.External, 0), value.Shape.Columns, 0, 1, 0),
            ValueKind.Parameter => new Location(new PlannedBuffer(value.Name, Arena.Parameters, 0), value.Shape.Columns, 0, 1, 0)
            {
                Offset = Parameters.Of(value),
                IsWeight = graph.Kind == ProgramKind.Prefill && ParameterLayout.IsMatrix(value),
            },
            _ => value.Producer is { } producer ? OfComputed(value, producer) : throw new CompilerException($"{value} ({value.Name}) has no memory"),
        };
    }

    /// <summary>Whether a value exists for the rows of one chunk only.</summary>
    public bool IsChunkLocal(Value value) => chunkLocal.Contains(value);

    private Location OfComputed(Value value, Node producer)
    {
        switch (producer.Operation)
        {
            case Slice slice:
                Location whole = Locate(producer.Inputs[0]);
                return whole with { Column = whole.Column + slice.Start };
            case SliceRows rows when producer.Inputs[0].Kind == ValueKind.Parameter:
                Location stack = Locate(producer.Inputs[0]);
                return stack with { Offset = stack.Offset.Plus((long)rows.Start * stack.RowStride) };
            case SplitHeads split:
                return Split(Locate(producer.Inputs[0]), split.Heads, value.Shape.Columns);
            case MergeHeads merge:
                return Merge(Locate(producer.Inputs[0]), merge.Heads);
            case { Residence: Residence.InPlace }:
                return Locate(producer.Inputs[0]);
            default:
                return New(value);
        }
    }

    private static Location Split(Location row, int heads, int width)
        => row.Heads == 1 ? row with { Heads = heads, HeadWidth = width } : throw new CompilerException("heads are split twice");

    /// <summary>Heads that are columns of a row already are so again; rows one after the other become one row.</summary>
    private static Location Merge(Location heads, int count)
        => heads.Heads > 1 ? heads with { Heads = 1, HeadWidth = 0 } : heads with { RowStride = heads.RowStride * count };

    private Location New(Value value)
    {
        bool local = chunkLocal.Contains(value);
        Extent rows = local ? value.Shape.Rows with { Factor = value.Shape.Rows.Factor * Fuser.ChunkRows, Monomial = Monomial.One } : value.Shape.Rows;
        PlannedBuffer buffer = NewBuffer(value.Name, rows, value.Shape.Columns);
        return new Location(buffer, value.Shape.Columns, 0, 1, 0);
    }

    private PlannedBuffer NewBuffer(string name, Extent rows, int columns)
    {
        Arena arena = rows.Monomial switch { Monomial.One => Arena.Scratch, Monomial.Batch => Arena.Sequences, _ => Arena.Activations };
        PlannedBuffer buffer = new(name, arena, ParameterLayout.Align((long)rows.Factor * columns));
        buffers.Add(buffer);
        return buffer;
    }

    private void FindChunkLocal(IReadOnlyList<Kernel> kernels)
    {
        foreach (ChunkKernel chunk in kernels.OfType<ChunkKernel>())
        {
            HashSet<Node> inside = [.. chunk.Nodes];
            foreach (Value value in inside.SelectMany(node => node.Outputs))
            {
                if (value.Shape.Rows.Monomial == Monomial.Rows && !uses.IsKept(value) && uses.Of(value).All(inside.Contains)) chunkLocal.Add(value);
            }
        }
    }

    /// <summary>Places for what some operations need, one after the other in order of declaration; an iteration of a loop holds those of one block.</summary>
    /// <param name="root">The graph.</param>
    /// <param name="size">How much an operation needs.</param>
    private static (Dictionary<Node, AffineOffset> Places, long Total) InOrder(Region root, Func<Operation, long> size)
    {
        Dictionary<Node, AffineOffset> places = [];
        return (places, Place(root, AffineOffset.Zero));

        long Place(Region region, AffineOffset start)
        {
            long next = 0;
            foreach (Item item in region.Items)
            {
                if (item is Loop loop)
                {
                    long stride = Measure(loop.Body);
                    if (stride > 0) Place(loop.Body, start.Plus(next).Plus(loop, stride));
                    next += stride * loop.Count;
                }
                else if (item is Node node && size(node.Operation) is > 0 and long own)
                {
                    places[node] = start.Plus(next);
                    next += own;
                }
            }

            return next;
        }

        long Measure(Region region) => region.Items.Sum(item => item is Loop loop ? loop.Count * Measure(loop.Body) : size(((Node)item).Operation));
    }

    private void PlacePacked(IReadOnlyList<Kernel> kernels)
    {
        foreach (ProductKernel product in kernels.OfType<ChunkKernel>().SelectMany(chunk => chunk.Body.OfType<ProductKernel>()))
        {
            if (((Contract)product.Product.Operation).TransposeLeft || product.Right.Operands.Any(operand => operand.Kind != ValueKind.Parameter)) continue;
            // Packing pads columns to whole panels: of 32 for the widest vectors, of fewer for others.
            long columns = (product.Product.Output.Shape.Columns + 31L) / 32 * 32;
            PlannedBuffer buffer = new("Packed", Arena.Scratch, columns * product.Product.Inputs[0].Shape.Columns);
            buffer.Touch(0, int.MaxValue);
            buffers.Add(buffer);
            packed[product] = buffer;
        }
    }

    /// <summary>The contribution that is computed first sets a gradient, the others add to it: in the order of the kernels, which need not be that of the graph.</summary>
    private void PlaceGradients(IReadOnlyList<Kernel> kernels)
    {
        Dictionary<Value, int> order = [];
        foreach (Value value in StorageMarker.All(kernels).SelectMany(kernel => kernel.Writes))
        {
            if (!order.ContainsKey(value)) order.Add(value, order.Count);
        }

        HashSet<Value> written = [];
        foreach ((Value parameter, Value gradient) in graph.ParameterGradients.OrderBy(pair => order.TryGetValue(pair.Gradient, out int moment) ? moment : int.MaxValue))
        {
            locations[gradient] = new Location(new PlannedBuffer(parameter.Name + "Gradient", Arena.Gradients, 0), parameter.Shape.Columns, 0, 1, 0)
            {
                Offset = Parameters.Of(parameter),
                Adds = !written.Add(parameter),
            };
        }
    }

    private void PlaceCarries(Region region)
    {
        foreach (Loop loop in region.Items.OfType<Loop>())
        {
            foreach (Carry carry in loop.Carries)
            {
                PlannedBuffer buffer = NewBuffer(carry.Input.Name, carry.Input.Shape.Rows, carry.Input.Shape.Columns);
                buffer.Carried = loop;
                buffer.Slots = mirrored.Contains(carry.Input) || mirrored.Contains(carry.Output) ? loop.Count + 1 : 2;
                Location at = new(buffer, carry.Input.Shape.Columns, 0, 1, 0);
                (int first, int last) = loop.Reversed ? (loop.Count, 0) : (0, loop.Count);
                Place(carry.Initial, at with { Slot = new SlotIndex(false, first) });
                Place(carry.Result, at with { Slot = new SlotIndex(false, last) });
                Place(carry.Input, at with { Slot = new SlotIndex(true, loop.Reversed ? 1 : 0) });
                Place(carry.Output, at with { Slot = new SlotIndex(true, loop.Reversed ? 0 : 1) });
            }

            PlaceCarries(loop.Body);
        }
    }

    /// <summary>What kernels of a backward loop read of the forward iteration: formulas read more than the graph's nodes show.</summary>
    private void FindMirrored(IReadOnlyList<Kernel> kernels, Region region)
    {
        foreach (Kernel kernel in kernels)
        {
            if (kernel is LoopKernel loop) FindMirrored(loop.Body, loop.Loop.Body);
            else mirrored.UnionWith(kernel.Reads.Where(value => Mirrors(region, value.Region)).SelectMany(Sources));
        }
    }

    /// <summary>A value and what it is a view of.</summary>
    private static IEnumerable<Value> Sources(Value value)
    {
        yield return value;
        while (value.Producer is { Operation.Residence: Residence.View or Residence.InPlace } view)
        {
            value = view.Inputs[0];
            yield return value;
        }
    }

    /// <summary>Whether <paramref name="user"/> is (within) the backward of the loop around <paramref name="region"/>.</summary>
    public static bool Mirrors(Region user, Region region)
    {
        for (Region? at = user; at is not null; at = at.Parent)
        {
            if (at == region) return false;
            if (at.Loop?.Mirrors?.Body == region) return true;
        }

        return false;
    }

    private void PlaceConcatenations(Region region)
    {
        foreach (Item item in region.Items)
        {
            if (item is Loop loop) PlaceConcatenations(loop.Body);
            else if (item is Node { Operation: Concatenate } node)
            {
                Location whole = Locate(node.Output);
                int column = whole.Column;
                foreach (Value part in node.Inputs)
                {
                    Place(part, whole with { Column = column });
                    column += part.Shape.Columns;
                }
            }
        }
    }

    /// <summary>Puts a value, and what it is a view or an in-place turn of, at a given place.</summary>
    private void Place(Value value, Location at)
    {
        if (locations.ContainsKey(value)) throw new CompilerException($"{value} ({value.Name}) is wanted in two places");
        locations[value] = at;
        if (value.Producer is not { } producer) return;
        if (producer.Operation.Residence == Residence.InPlace) Place(producer.Inputs[0], at);
        else if (producer.Operation is MergeHeads merge) Place(producer.Inputs[0], Split(at, merge.Heads, producer.Inputs[0].Shape.Columns));
        else if (producer.Operation.Residence == Residence.View) throw new CompilerException($"{value} ({value.Name}) is a view and cannot be placed");
    }
}
