using ModelDsl.Memory;
using ModelDsl.Programs;
using ModelDsl.Threading;

namespace ModelDsl;

/// <summary>A run of floats of the arenas whose parameters are treated alike.</summary>
internal readonly record struct UpdateTile(nint Offset, int Length, int Group);

/// <summary>How a group of parameters is treated.</summary>
internal readonly record struct ParameterGroup(double LearningRateScale, double WeightDecay);

/// <summary>What a step makes of a group: the factor of the weights, and the step's length.</summary>
internal readonly record struct TileRates(float Keep, float StepSize);

/// <summary>
/// The parameter arena cut into tiles for the optimiser. Neighbours of one group are joined, padding included: its gradient is 0,
/// so that it stays 0. Tiles depend on the plan and the rules alone, never on the number of threads.
/// </summary>
internal sealed class UpdateLayout
{
    /// <summary>Floats of a tile: small enough to share out evenly, large enough that claiming one costs nothing.</summary>
    public const int TileFloats = 16 * 1024;

    public UpdateLayout(ModelPlan plan, TrainerOptions options)
    {
        List<ParameterGroup> groups = [];
        List<UpdateTile> tiles = [];
        List<(nint Offset, nint Length)> ranges = [];
        List<ParameterInfo> trained = [];
        long start = 0, end = 0;
        int current = -1;
        ParameterInfo[] placed = [.. plan.Parameters.OrderBy(info => info.Offset)];
        for (int i = 0; i < placed.Length; i++)
        {
            ParameterInfo info = placed[i];
            ParameterGroup? group = GroupOf(info, options);
            if (group is not null) trained.Add(info);
            int index = group is null ? -1 : groups.IndexOf(group.Value);
            if (group is not null && index < 0)
            {
                index = groups.Count;
                groups.Add(group.Value);
            }

            if (index != current)
            {
                Cut(start, end);
                (start, current) = (info.Offset, index);
            }

            end = i + 1 < placed.Length ? placed[i + 1].Offset : plan.ParameterFloats;
        }

        Cut(start, end);
        Groups = [.. groups];
        Tiles = [.. tiles];
        Trained = [.. trained];
        Ranges = [.. ranges];
        Rates = new TileRates[groups.Count];

        void Cut(long from, long to)
        {
            if (current < 0) return;
            if (ranges.Count > 0 && ranges[^1].Offset + ranges[^1].Length == from) ranges[^1] = (ranges[^1].Offset, (nint)to - ranges[^1].Offset);
            else ranges.Add(((nint)from, (nint)(to - from)));
            for (; from < to; from += TileFloats) tiles.Add(new UpdateTile((nint)from, (int)Math.Min(TileFloats, to - from), current));
        }
    }

    /// <summary>The distinct treatments.</summary>
    public ParameterGroup[] Groups { get; }

    /// <summary>The tiles of all parameters that are not frozen.</summary>
    public UpdateTile[] Tiles { get; }

    /// <summary>The parameters that are not frozen.</summary>
    public ParameterInfo[] Trained { get; }

    /// <summary>Room for this step's rates, one a group.</summary>
    public TileRates[] Rates { get; }

    /// <summary>The runs of floats that are not frozen, as long as can be: one, the whole arena, where nothing is frozen.</summary>
    public (nint Offset, nint Length)[] Ranges { get; }

    private static ParameterGroup? GroupOf(ParameterInfo info, TrainerOptions options)
    {
        double scale = 1, decay = info.Decay ? options.Optimizer.DefaultDecay : 0;
        bool frozen = false;
        foreach (ParameterRule rule in options.Rules)
        {
            if (!rule.Matches(info.Name)) continue;
            scale = rule.LearningRateScale ?? scale;
            decay = rule.WeightDecay ?? decay;
            frozen = rule.Frozen ?? frozen;
        }

        return frozen ? null : new ParameterGroup(scale, decay);
    }
}

/// <summary>What one update of an optimiser reads and writes.</summary>
internal readonly struct UpdateContext
{
    public required WorkerPool Pool { get; init; }

    public required UpdateLayout Layout { get; init; }

    public required F32 Parameters { get; init; }

    public required F32 Gradients { get; init; }

    public required Arena[] Slots { get; init; }

    /// <summary>Number of this update, from 1.</summary>
    public required long Updates { get; init; }

    public required double LearningRate { get; init; }

    /// <summary>What gradients are multiplied by: 1, or less where their norm is clipped.</summary>
    public required double ClipFactor { get; init; }
}
