using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Expressions;

namespace ModelDsl.Compiler.Fusion;

/// <summary>A formula over stored values: argument i of the body is operand i, broadcast to the space it is evaluated in.</summary>
internal sealed record Formula(Expression Body, IReadOnlyList<Value> Operands)
{
    /// <summary>The value itself.</summary>
    public static Formula Of(Value value) => new(new Argument(0), [value]);

    public bool IsPlain => Body is Argument { Index: 0 } && Operands.Count == 1;

    /// <summary>One formula from another by replacing its operands with formulas.</summary>
    public Formula Inline(Func<Value, Formula> replacement)
    {
        List<Value> operands = [];
        Expression body = Body.Substitute(index =>
        {
            Formula inner = replacement(Operands[index]);
            return inner.Body.Substitute(inside =>
            {
                Value operand = inner.Operands[inside];
                int position = operands.IndexOf(operand);
                if (position < 0)
                {
                    position = operands.Count;
                    operands.Add(operand);
                }

                return new Argument(position);
            });
        });
        return new Formula(body, operands);
    }
}

/// <summary>One step of a program: what becomes one call of a runtime kernel, or a loop over such calls.</summary>
internal abstract class Kernel
{
    /// <summary>Nodes it computes, in order: what a reader of the generated code is told was fused.</summary>
    public List<Node> Nodes { get; } = [];

    /// <summary>The path of the layer it belongs to.</summary>
    public virtual string Origin => Nodes[0].Origin;

    /// <summary>Values it reads from memory.</summary>
    public abstract IEnumerable<Value> Reads { get; }

    /// <summary>Values it stores.</summary>
    public abstract IEnumerable<Value> Writes { get; }
}

/// <summary>A matrix product whose operands are read through prologues and whose result goes through an epilogue.</summary>
internal sealed class ProductKernel(Node product, Formula left, Formula right) : Kernel
{
    public Node Product { get; } = product;

    public Formula Left { get; } = left;

    public Formula Right { get; } = right;

    /// <summary>What the epilogue stores: formulas in which <see cref="Value"/> <c>Product.Output</c> stands for the finished element.</summary>
    public List<(Value Target, Formula Formula)> Stores { get; } = [];

    /// <summary>Formulas of values that later stores replaced.</summary>
    public Dictionary<Value, Formula> Absorbed { get; } = [];

    /// <summary>Rotations done on a finished tile, in place on what was stored.</summary>
    public List<Node> Rotations { get; } = [];

    public override IEnumerable<Value> Reads
        => Left.Operands.Concat(Right.Operands).Concat(Stores.SelectMany(store => store.Formula.Operands).Where(value => value != Product.Output));

    public override IEnumerable<Value> Writes => Stores.Select(store => store.Target).Concat(Rotations.Select(node => node.Output));
}

/// <summary>What a row kernel computes.</summary>
internal enum RowStepKind
{
    /// <summary>An element for each column, stored if anybody outside reads it.</summary>
    Element,

    /// <summary>A number for each row from other such numbers.</summary>
    RowScalar,

    /// <summary>The sum of a formula over the columns of the row.</summary>
    ColumnsSum,

    /// <summary>The sum of a formula over all rows, for each column.</summary>
    RowsSum,
}

/// <summary>One value of a row kernel.</summary>
internal sealed class RowStep(RowStepKind kind, Value target, Formula formula)
{
    public RowStepKind Kind { get; } = kind;

    public Value Target { get; } = target;

    public Formula Formula { get; } = formula;

    /// <summary>Whether anybody outside the kernel reads it, so that it must go to memory.</summary>
    public bool Stored { get; set; }
}

/// <summary>A chain of pointwise operations and sums over the rows of one space, in one pass over memory.</summary>
internal sealed class RowKernel(Extent rows, int columns) : Kernel
{
    public Extent Rows { get; } = rows;

    public int Columns { get; } = columns;

    public List<RowStep> Steps { get; } = [];

    public override IEnumerable<Value> Reads
        => Steps.SelectMany(step => step.Formula.Operands).Where(operand => Steps.All(step => step.Target != operand));

    public override IEnumerable<Value> Writes => Steps.Where(step => step.Stored).Select(step => step.Target);
}

/// <summary>An operation that a runtime kernel of its own computes.</summary>
internal sealed class LibraryKernel : Kernel
{
    public LibraryKernel(Node node) => Nodes.Add(node);

    public Node Node => Nodes[0];

    public override IEnumerable<Value> Reads => Node.Inputs;

    public override IEnumerable<Value> Writes => Node.Outputs;
}

/// <summary>Kernels repeated for each iteration of a loop of the graph.</summary>
internal sealed class LoopKernel(Loop loop) : Kernel
{
    public Loop Loop { get; } = loop;

    public List<Kernel> Body { get; } = [];

    public override string Origin => Loop.Name;

    public override IEnumerable<Value> Reads => Body.SelectMany(kernel => kernel.Reads).Concat(Loop.Carries.SelectMany(carry => new[] { carry.Initial, carry.Output }));

    public override IEnumerable<Value> Writes => Body.SelectMany(kernel => kernel.Writes).Concat(Loop.Carries.SelectMany(carry => new[] { carry.Input, carry.Result }));
}

/// <summary>
/// Kernels run over a few hundred rows at a time, so that a value as wide as the vocabulary never exists for the whole batch. Sums over rows add up from chunk to chunk.
/// </summary>
internal sealed class ChunkKernel(int rows) : Kernel
{
    /// <summary>Rows of a chunk.</summary>
    public int Rows { get; } = rows;

    public List<Kernel> Body { get; } = [];

    public override string Origin => Body[0].Origin;

    public override IEnumerable<Value> Reads => Body.SelectMany(kernel => kernel.Reads);

    public override IEnumerable<Value> Writes => Body.SelectMany(kernel => kernel.Writes);
}
