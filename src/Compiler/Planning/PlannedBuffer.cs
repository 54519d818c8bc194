using ModelDsl.Compiler.Graph;

namespace ModelDsl.Compiler.Planning;

/// <summary>Blocks of memory a program works in.</summary>
internal enum Arena
{
    /// <summary>A number of floats for each of B·T positions.</summary>
    Activations,

    /// <summary>A number of floats for each of B sequences.</summary>
    Sequences,

    /// <summary>A constant number of floats.</summary>
    Scratch,

    Parameters,

    Gradients,

    /// <summary>Handed in by the caller.</summary>
    External,
}

/// <summary>Planned memory of one value, or of several that are views of each other.</summary>
internal sealed class PlannedBuffer(string name, Arena arena, long floats)
{
    public string Name { get; } = name;

    public Arena Arena { get; } = arena;

    /// <summary>Floats for one unit of the arena's monomial and one iteration.</summary>
    public long Floats { get; } = floats;

    /// <summary>Where it starts, in units of the arena's monomial.</summary>
    public long Offset { get; set; }

    /// <summary>Loops of whose iterations each has memory of its own, outermost first, with the number of slots.</summary>
    public List<(Loop Loop, int Slots)> Stack { get; } = [];

    /// <summary>For a loop's carried value: the loop whose iterations walk through the slots, and how many there are.</summary>
    public Loop? Carried { get; set; }

    public int Slots { get; set; } = 1;

    /// <summary>First and last moment it is needed.</summary>
    public int First { get; set; } = int.MaxValue;

    public int Last { get; set; } = int.MinValue;

    /// <summary>Floats for one unit of the monomial over all iterations.</summary>
    public long Total => Stack.Aggregate(Floats * Slots, (product, loop) => product * loop.Slots);

    public void Touch(int first, int last)
    {
        First = Math.Min(First, first);
        Last = Math.Max(Last, last);
    }
}

/// <summary>Which slot of a carried value's buffer: that of the iteration plus a step, or a fixed one.</summary>
internal readonly record struct SlotIndex(bool OfIteration, int Step);

/// <summary>
/// Where the elements of a value are: row r, column c at r·RowStride + Column + c of its buffer; with several heads in a row of memory at
/// (r / Heads)·RowStride + Column + (r % Heads)·HeadWidth + c.
/// </summary>
internal sealed record Location(PlannedBuffer Buffer, int RowStride, int Column, int Heads, int HeadWidth)
{
    public SlotIndex Slot { get; init; }

    /// <summary>For parameters and their gradients: where in the arena.</summary>
    public AffineOffset Offset { get; init; } = AffineOffset.Zero;

    /// <summary>Whether it is a matrix of parameters in a program whose decoder chooses their format.</summary>
    public bool IsWeight { get; init; }

    /// <summary>A name for generated code: the buffer's, whichever view of it is met first; a value's own where a loop turns through slots.</summary>
    public string NameFor(Value value) => Buffer.Carried is null ? Buffer.Name : value.Name;

    /// <summary>For a gradient: whether another contribution was written before.</summary>
    public bool Adds { get; init; }
}
