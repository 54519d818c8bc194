namespace ModelDsl.Compiler.Graph;

/// <summary>A node or a loop.</summary>
internal abstract class Item;

/// <summary>An operation applied to values.</summary>
internal sealed class Node : Item
{
    internal Node(Operations.Operation operation, IReadOnlyList<Value> inputs, string origin)
    {
        Operation = operation;
        Inputs = inputs;
        Origin = origin;
    }

    public Operations.Operation Operation { get; }

    public IReadOnlyList<Value> Inputs { get; }

    public IReadOnlyList<Value> Outputs { get; internal set; } = [];

    /// <summary>Path of the layer that asked for it.</summary>
    public string Origin { get; }

    public Value Output => Outputs[0];
}

/// <summary>A straight list of nodes and loops.</summary>
internal sealed class Region(Region? parent, Loop? loop)
{
    public List<Item> Items { get; } = [];

    public Region? Parent { get; } = parent;

    /// <summary>The loop whose body this is, or null for the root.</summary>
    public Loop? Loop { get; } = loop;

    /// <summary>Number of loops around.</summary>
    public int Depth => Parent is null ? 0 : Parent.Depth + 1;

    /// <summary>Whether a node here may use a value of <paramref name="other"/>: of this region, of one around it, or of the forward loop this one mirrors.</summary>
    public bool Sees(Region other)
    {
        for (Region? region = this; region is not null; region = region.Parent)
        {
            if (region == other || region.Loop?.Mirrors?.Body == other) return true;
        }

        return false;
    }
}

/// <summary>
/// A body repeated a constant number of times. Stacked blocks are one loop: every iteration has parameters of its own, and what the body hands
/// on is carried. A backward loop mirrors a forward one: it runs in the opposite direction and may use the forward iteration's values.
/// </summary>
internal sealed class Loop : Item
{
    internal Loop(Region parent, string name, int count, Loop? mirrors)
    {
        Name = name;
        Count = count;
        Mirrors = mirrors;
        Body = new Region(parent, this);
    }

    /// <summary>The stack's property.</summary>
    public string Name { get; }

    public int Count { get; }

    /// <summary>The forward loop of a backward one.</summary>
    public Loop? Mirrors { get; }

    public bool Reversed => Mirrors is not null;

    public Region Body { get; }

    public List<Carry> Carries { get; } = [];
}

/// <summary>A value handed from iteration to iteration.</summary>
/// <param name="initial">What the first iteration starts with; of the region around the loop.</param>
/// <param name="input">What an iteration starts with; of the body.</param>
/// <param name="result">What the last iteration handed on; of the region around the loop.</param>
internal sealed class Carry(Value initial, Value input, Value result)
{
    public Value Initial { get; } = initial;

    public Value Input { get; } = input;

    /// <summary>What an iteration hands on; of the body.</summary>
    public Value Output { get; set; } = null!;

    public Value Result { get; } = result;
}
