using ModelDsl.Compiler.Fusion;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Planning;

namespace ModelDsl.Compiler.Emission.Cpu;

/// <summary>What a generated method sees: loop indices handed in, and locals for the memory it uses, declared on first use.</summary>
internal sealed class MethodScope(MemoryPlan plan, IReadOnlyList<(Loop Loop, string Index)> loops, bool inChunk = false)
{
    private readonly Names names = new(["f", "rows", "first", "count", .. loops.Select(loop => loop.Index)]);
    private readonly Dictionary<(PlannedBuffer Buffer, SlotIndex Slot, AffineOffset Offset), string> locals = [];
    private readonly List<string> declarations = [];

    /// <summary>Declarations of the locals used, in order of first use.</summary>
    public IReadOnlyList<string> Declarations => declarations;

    /// <summary>In a chunk: products whose right operand was packed before, with the local that holds it.</summary>
    public Dictionary<ProductKernel, string> Packed { get; } = [];

    /// <summary>Parameters for the loop indices, after the frame.</summary>
    public string Parameters => string.Concat(loops.Select(loop => ", nint " + loop.Index));

    /// <summary>Arguments that hand the loop indices on.</summary>
    public string Arguments => string.Concat(loops.Select(loop => ", " + loop.Index));

    /// <summary>A name for a loop's index: its property.</summary>
    public string Index(Loop loop) => new Names(["f", "rows", "first", "count", .. loops.Select(entry => entry.Index)]).Unique(CSharpLiterals.Identifier(Names.Camel(loop.Name, 1)));

    public MethodScope Enter(Loop loop, string index) => new(plan, [.. loops, (loop, index)]);

    public MethodScope EnterChunk() => new(plan, loops, inChunk: true);

    /// <summary>A number of rows at run time.</summary>
    public string Rows(Extent extent)
    {
        string unit = extent.Monomial switch { Monomial.One => "", Monomial.Batch => "f.Batch", _ => inChunk ? "count" : "rows" };
        if (unit.Length == 0) return CSharpLiterals.Int(extent.Factor);
        return extent.Factor == 1 ? unit : $"{unit} * {CSharpLiterals.Int(extent.Factor)}";
    }

    /// <summary>Whether a contribution to a gradient adds to what is there.</summary>
    public string Accumulate(bool adds) => adds ? "true" : inChunk ? "first > 0 || f.AccumulateGradients" : "f.AccumulateGradients";

    /// <summary>A local for the memory of a value, optionally from one of its columns on.</summary>
    public string Memory(Value value, int column = 0)
    {
        Location at = plan.Locate(value);
        if (at.IsWeight) throw new CompilerException($"{value.Name} is a matrix of weights, which a decoder may keep in another format: only operands of kernels can be");
        string local = Local(value, at, "F32");
        return column == 0 ? local : $"{local}.At({CSharpLiterals.Int(column)})";
    }

    /// <summary>A matrix as an operand of a kernel: a stored one, or a weight in the format its decoder keeps.</summary>
    public string Matrix(Value value)
    {
        Location at = plan.Locate(value);
        if (!at.IsWeight) return $"new Stored({Memory(value, at.Column)}, {CSharpLiterals.Int(at.RowStride)})";
        string local = Local(value, at, "Weight");
        return at.Column == 0 ? local : $"{local}.At(0, {CSharpLiterals.Int(at.Column)})";
    }

    private string Local(Value value, Location at, string type)
    {
        (PlannedBuffer, SlotIndex, AffineOffset) key = (at.Buffer, at.Slot, at.Offset);
        if (!locals.TryGetValue(key, out string? local))
        {
            local = locals[key] = names.Unique(CSharpLiterals.Identifier(Names.Camel(at.NameFor(value), 2)));
            declarations.Add($"{type} {local} = {Address(value, at)};{Note(value, at)}");
        }

        return local;
    }

    /// <summary>A local for planned memory that is no value's.</summary>
    public string Declare(PlannedBuffer buffer, string wanted)
    {
        string local = names.Unique(CSharpLiterals.Identifier(wanted));
        declarations.Add($"F32 {local} = f.Scratch.At({CSharpLiterals.Native(buffer.Offset)});");
        return local;
    }

    /// <summary>An index of the frame's token or target ids.</summary>
    public string Ids(string property) => inChunk ? $"f.{property}.At(first)" : $"f.{property}";

    private static string Note(Value value, Location at)
        => $"  // {(at.Heads == 1 ? value.Shape with { Columns = at.RowStride } : value.Shape)}{(value.Parameters.Count > 1 ? ": " + string.Join(", ", value.Parameters.Select(parameter => Names.Pascal(string.Join(".", parameter.Path.Steps.Skip(parameter.Path.Steps.Count - 2).Select(step => step.Name))))) : "")}";

    private string Address(Value value, Location at)
    {
        switch (at.Buffer.Arena)
        {
            case Arena.Parameters when at.IsWeight:
                return $"f.Weight({Affine(at.Offset.Constant, at.Offset.Terms)}, {CSharpLiterals.Int(at.RowStride)})";
            case Arena.Parameters:
                return $"f.Parameters.At({Affine(at.Offset.Constant, at.Offset.Terms)})";
            case Arena.Gradients:
                return $"f.Gradients.At({Affine(at.Offset.Constant, at.Offset.Terms)})";
            case Arena.External:
                return "f." + at.Buffer.Name;
        }

        List<(Loop, long)> terms = [];
        long stride = at.Buffer.Floats, constant = at.Buffer.Offset;
        if (at.Buffer.Carried is { } carried)
        {
            if (!at.Slot.OfIteration) constant += at.Slot.Step % at.Buffer.Slots * stride;
            else if (at.Buffer.Slots > carried.Count)
            {
                constant += at.Slot.Step * stride;
                terms.Add((carried, stride));
            }

            stride *= at.Buffer.Slots;
        }

        for (int i = at.Buffer.Stack.Count - 1; i >= 0; i--)
        {
            terms.Add((at.Buffer.Stack[i].Loop, stride));
            stride *= at.Buffer.Stack[i].Slots;
        }

        string units = Affine(constant, terms);
        if (at.Buffer.Carried is { } turning && at.Slot.OfIteration && at.Buffer.Slots <= turning.Count)
        {
            string index = IndexOf(turning);
            string parity = at.Slot.Step == 0 ? $"{index} % 2" : $"({index} + {CSharpLiterals.Int(at.Slot.Step)}) % 2";
            units = $"{units} + {parity} * {CSharpLiterals.Native(at.Buffer.Floats)}";
        }

        return at.Buffer.Arena switch
        {
            Arena.Sequences => $"f.Sequences.At({Times("(nint)f.Batch", units)})",
            Arena.Scratch => $"f.Scratch.At({units})",
            _ => inChunk && value.Shape.Rows.Monomial == Monomial.Rows
                ? $"f.Activations.At({Sum(Times("rows", units), at.RowStride == 1 ? "first" : $"first * {CSharpLiterals.Int(at.RowStride)}")})"
                : $"f.Activations.At({Times("rows", units)})",
        };
    }

    private static string Sum(string left, string right) => left == "0" ? right : left + " + " + right;

    private static string Times(string unit, string units) => units.IndexOf('+') >= 0 ? $"{unit} * ({units})" : units == "0" ? "0" : $"{unit} * {units}";

    /// <summary>An offset that depends on the indices of the loops around.</summary>
    public string Affine(long constant, IReadOnlyList<(Loop Loop, long Stride)> terms)
    {
        IEnumerable<string> parts = terms.Select(term => term.Stride == 1 ? IndexOf(term.Loop) : $"{IndexOf(term.Loop)} * {CSharpLiterals.Native(term.Stride)}");
        return string.Join(" + ", constant == 0 && terms.Count > 0 ? parts : parts.Prepend(CSharpLiterals.Native(constant)));
    }

    /// <summary>The index of a loop around, or of the backward loop that mirrors it.</summary>
    private string IndexOf(Loop loop) => loops.First(entry => entry.Loop == loop || entry.Loop.Mirrors == loop || loop.Mirrors == entry.Loop).Index;
}
