using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Planning;

namespace ModelDsl.Compiler.Emission.Cpu;

/// <summary>
/// Declares what a policy struct holds (a handle a buffer) and prints how elements of values are addressed through it: the numbers of the layout are constants in the text.
/// </summary>
internal sealed class OperandReader(MemoryPlan plan, Names names)
{
    private readonly Dictionary<(PlannedBuffer Buffer, SlotIndex Slot, AffineOffset Offset), string> fields = [];
    private readonly List<(string Field, Value Value)> order = [];

    /// <summary>The fields in order of first use: name, and a value that lives there.</summary>
    public IReadOnlyList<(string Field, Value Value)> Fields => order;

    /// <summary>The field that holds a value's memory.</summary>
    public string Field(Value value)
    {
        Location at = plan.Locate(value);
        (PlannedBuffer, SlotIndex, AffineOffset) key = (at.Buffer, at.Slot, at.Offset);
        if (fields.TryGetValue(key, out string? known)) return known;
        string field = names.Unique(CSharpLiterals.Identifier(Names.Camel(at.NameFor(value), 2)));
        fields[key] = field;
        order.Add((field, value));
        return field;
    }

    /// <summary>An expression for the vector at (row, column) of an operand in a space of the given shape.</summary>
    public string Load(Value value, Shape space)
    {
        string field = Field(value);
        return Broadcasting.Of(value.Shape, space) switch
        {
            Broadcast.Full => $"{field}.Load<S, L>({Index(value, "row", "column")}, lanes)",
            Broadcast.PerColumn => $"{field}.Load<S, L>({Column(plan.Locate(value).Column, "column")}, lanes)",
            Broadcast.PerRow => $"S.Broadcast({field}[{Index(value, "row", null)}])",
            _ => $"S.Broadcast({field}[{CSharpLiterals.Int(plan.Locate(value).Column)}])",
        };
    }

    /// <summary>The index of (row, column) in the value's field; a null column is the first.</summary>
    public string Index(Value value, string row, string? column)
    {
        Location at = plan.Locate(value);
        if (at.Heads == 1)
        {
            string line = at.RowStride == 1 ? row : $"{row} * {CSharpLiterals.Int(at.RowStride)}";
            string rest = column is null ? (at.Column == 0 ? "" : CSharpLiterals.Int(at.Column)) : Column(at.Column, column);
            return rest.Length == 0 ? line : $"{line} + {rest}";
        }

        string heads = CSharpLiterals.Int(at.Heads);
        string tail = column is null ? (at.Column == 0 ? "" : " + " + CSharpLiterals.Int(at.Column)) : " + " + Column(at.Column, column);
        return $"{row} / {heads} * {CSharpLiterals.Int(at.RowStride)} + {row} % {heads} * {CSharpLiterals.Int(at.HeadWidth)}{tail}";
    }

    private static string Column(int start, string column) => start == 0 ? column : $"{CSharpLiterals.Int(start)} + {column}";
}
