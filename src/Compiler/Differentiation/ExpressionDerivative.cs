using ModelDsl.Compiler.Graph.Expressions;

namespace ModelDsl.Compiler.Differentiation;

/// <summary>Symbolic derivatives of formulas.</summary>
internal static class ExpressionDerivative
{
    /// <summary>The derivative with respect to argument <paramref name="index"/>.</summary>
    public static Expression Of(Expression expression, int index)
    {
        switch (expression)
        {
            case Argument argument:
                return argument.Index == index ? 1 : 0;
            case Unary unary:
                Expression inner = Of(unary.Operand, index);
                return inner is Constant { Value: 0 } ? 0 : unary.Operator.Derivative(unary.Operand, unary) * inner;
            case Binary binary:
                (Expression left, Expression right) = binary.Operator.Derivative(binary.Left, binary.Right);
                return (left * Of(binary.Left, index)) + (right * Of(binary.Right, index));
            default:
                return 0;
        }
    }
}
