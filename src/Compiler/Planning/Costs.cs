using ModelDsl.Compiler.Emission;
using ModelDsl.Compiler.Graph;

namespace ModelDsl.Compiler.Planning;

/// <summary>What a layer, or all layers that a repeated block makes of it, cost.</summary>
/// <param name="Name">Its path, <c>*</c> for the index of a repeated block.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Parameters">Elements of their parameters.</param>
/// <param name="FlopsPerToken">Floating-point operations of a forward pass for a token.</param>
/// <param name="CacheBytesPerToken">Bytes a decoder keeps for each position.</param>
/// <param name="ActivationBytesPerToken">Bytes held for each position at the moment of training when most is held.</param>
internal sealed record LayerCost(string Name, long Count, long Parameters, long FlopsPerToken, long CacheBytesPerToken, long ActivationBytesPerToken);

/// <summary>What a model costs, from its compiled programs: the numbers of its card and of its budget.</summary>
internal sealed class Costs
{
    private const int FloatBytes = 4;
    private readonly IReadOnlyList<LayerPlace> places;
    private readonly MemoryPlan? train, evaluate;
    private readonly long arenaFloats;

    private Costs(IReadOnlyList<CompiledProgram> programs, int context)
    {
        CompiledProgram module = programs.First(program => program.Kind == ProgramKind.Module);
        CompiledProgram? training = programs.FirstOrDefault(program => program.Kind == ProgramKind.Train);
        CompiledProgram? prefill = programs.FirstOrDefault(program => program.Kind == ProgramKind.Prefill);
        places = module.Graph.Layers;
        train = training?.Plan;
        evaluate = programs.FirstOrDefault(program => program.Kind == ProgramKind.Evaluate)?.Plan;
        arenaFloats = module.Plan.Parameters.Floats;
        ConstantFloats = ConstantTables.Of(module.Graph.Root).Sum(table => table.Floats(context));

        long[] parameters = new long[places.Count], flops = new long[places.Count], caches = new long[places.Count], activations = new long[places.Count];
        foreach ((ParameterDeclaration parameter, AffineOffset offset) in module.Plan.Parameters.All())
            parameters[Owner(parameter.Path.Names)] += offset.Terms.Aggregate(parameter.Length, (length, term) => length * term.Loop.Count);
        foreach ((Node node, long count) in Forward(module.Graph))
            flops[Owner(node.Origin)] += count * node.Operation.Flops([.. node.Inputs.Select(input => input.Shape)], context);
        if (prefill is not null)
        {
            foreach ((Node node, long count) in Forward(prefill.Graph))
                caches[Owner(node.Origin)] += count * node.Operation.CacheFloats * FloatBytes;
        }

        foreach (PlannedBuffer buffer in AtPeak((training ?? module).Plan)) activations[Owner(buffer.Name)] += buffer.Total * FloatBytes;
        Layers = [.. places.Select((place, index) => new LayerCost(place.Name, place.Count, parameters[index], flops[index], caches[index], activations[index]))];
    }

    /// <summary>The layers and stacks, in order of declaration.</summary>
    public IReadOnlyList<LayerCost> Layers { get; }

    /// <summary>Elements of all parameters.</summary>
    public long Parameters => Layers.Sum(layer => layer.Parameters);

    /// <summary>Floating-point operations of a forward pass for a token.</summary>
    public long FlopsPerToken => Layers.Sum(layer => layer.FlopsPerToken);

    /// <summary>Bytes a decoder keeps for each position of a sequence.</summary>
    public long CacheBytesPerToken => Layers.Sum(layer => layer.CacheBytesPerToken);

    /// <summary>Floats of constant tables.</summary>
    public long ConstantFloats { get; }

    /// <summary>The costs of a model's programs.</summary>
    public static Costs Of(IReadOnlyList<CompiledProgram> programs, int context) => new(programs, context);

    /// <summary>Bytes of the model and of training it with AdamW: parameters, gradients, two slots, activations, scratch.</summary>
    public double TrainingBytes(int batch, int sequence)
    {
        double activations = ((double)batch * sequence * Most(plan => plan.FloatsPerRow)) + ((double)batch * Most(plan => plan.FloatsPerSequence));
        return FloatBytes * ((4.0 * arenaFloats) + ConstantFloats + activations + Most(plan => plan.ConstantFloats));

        long Most(Func<MemoryPlan, long> floats) => new[] { train, evaluate }.Max(plan => plan is null ? 0 : floats(plan));
    }

    // The longest path that a name stands under; a module's input, which stands under none, belongs to the layer that reads it.
    private int Owner(string name)
    {
        int best = -1;
        for (int i = 0; i < places.Count; i++)
        {
            string path = places[i].Path;
            bool under = name.StartsWith(path, StringComparison.Ordinal) && (name.Length == path.Length || name[path.Length] == '.');
            if (under && (best < 0 || path.Length > places[best].Path.Length)) best = i;
        }

        return Math.Max(best, 0);
    }

    private static IEnumerable<(Node Node, long Count)> Forward(ModelGraph graph)
        => Nodes(graph.BackwardStart < 0 ? graph.Root.Items : graph.Root.Items.Take(graph.BackwardStart), 1);

    private static IEnumerable<(Node Node, long Count)> Nodes(IEnumerable<Item> items, long count)
        => items.SelectMany(item => item is Loop loop ? Nodes(loop.Body.Items, count * loop.Count) : [((Node)item, count)]);

    /// <summary>The buffers alive when those that grow with the rows take most.</summary>
    private static IEnumerable<PlannedBuffer> AtPeak(MemoryPlan plan)
    {
        PlannedBuffer[] buffers = [.. plan.Buffers.Where(buffer => buffer.Arena == Arena.Activations)];
        long most = -1;
        IEnumerable<PlannedBuffer> held = [];
        foreach (int moment in buffers.Select(buffer => buffer.First).Distinct())
        {
            IEnumerable<PlannedBuffer> alive = buffers.Where(buffer => buffer.First <= moment && moment <= buffer.Last);
            long floats = alive.Sum(buffer => buffer.Total);
            if (floats <= most) continue;
            (most, held) = (floats, alive);
        }

        return held;
    }
}
