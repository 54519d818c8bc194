using ModelDsl.Compiler.Graph.Interpretation;

namespace ModelDsl.Compiler.Graph.Operations;

/// <summary>A matrix product, accumulated in f32: op(left)·op(right).</summary>
internal sealed partial record Contract(bool TransposeLeft, bool TransposeRight) : ForwardOperation
{
    public override string Describe() => $"contract {(TransposeLeft ? "leftᵀ" : "left")}·{(TransposeRight ? "rightᵀ" : "right")}";

    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        Shape left = inputs[0], right = inputs[1];
        Extent k = TransposeLeft ? left.Rows : Extent.Constant(left.Columns);
        Extent other = TransposeRight ? Extent.Constant(right.Columns) : right.Rows;
        Require(k == other, $"the product's inner extents differ: {k} of {left} and {other} of {right}");
        Extent rows = TransposeLeft ? Extent.Constant(left.Columns) : left.Rows;
        Extent columns = TransposeRight ? right.Rows : Extent.Constant(right.Columns);
        Require(columns.Monomial == Monomial.One, $"the product's columns {columns} are not constant");
        return [new Shape(rows, columns.Factor)];
    }

    public override long Flops(IReadOnlyList<Shape> inputs, int context)
    {
        Shape result = InferShapes(inputs)[0];
        int k = TransposeLeft ? inputs[0].Rows.Factor : inputs[0].Columns;
        return 2L * k * result.Rows.Factor * result.Columns;
    }

    public override void Evaluate(Evaluation evaluation, Node node)
    {
        Matrix left = evaluation.Read(node.Inputs[0]), right = evaluation.Read(node.Inputs[1]);
        int inner = TransposeLeft ? left.Rows : left.Columns;
        evaluation.Write(node.Output, (row, column) =>
        {
            double sum = 0;
            for (int k = 0; k < inner; k++)
                sum += (TransposeLeft ? left[k, row] : left[row, k]) * (TransposeRight ? right[column, k] : right[k, column]);
            return sum;
        });
    }
}
