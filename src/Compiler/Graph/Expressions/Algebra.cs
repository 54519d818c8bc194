namespace ModelDsl.Compiler.Graph.Expressions;

/// <summary>Builds formulas, folding constants and neutral elements as it goes, so that derivatives come out as a person would write them.</summary>
internal static class Algebra
{
    public static Expression Apply(UnaryOperator op, Expression operand)
    {
        if (op == UnaryOperator.Negate) return Negate(operand);
        return operand is Constant constant ? op.Evaluate(constant.Value) : new Unary(op, operand);
    }

    public static Expression Apply(BinaryOperator op, Expression left, Expression right)
    {
        if (op == BinaryOperator.Add) return Add(left, right);
        if (op == BinaryOperator.Subtract) return Subtract(left, right);
        if (op == BinaryOperator.Multiply) return Multiply(left, right);
        return left is Constant a && right is Constant b ? op.Evaluate(a.Value, b.Value) : new Binary(op, left, right);
    }

    public static Expression Negate(Expression operand) => operand switch
    {
        Constant constant => -constant.Value,
        Unary unary when unary.Operator == UnaryOperator.Negate => unary.Operand,
        Binary { Left: Constant factor } product when product.Operator == BinaryOperator.Multiply => Multiply(-factor.Value, product.Right),
        Binary difference when difference.Operator == BinaryOperator.Subtract => Subtract(difference.Right, difference.Left),
        _ => new Unary(UnaryOperator.Negate, operand),
    };

    public static Expression Add(Expression left, Expression right) => (left, right) switch
    {
        (Constant a, Constant b) => a.Value + b.Value,
        (Constant { Value: 0 }, _) => right,
        (_, Constant { Value: 0 }) => left,
        (_, Unary negated) when negated.Operator == UnaryOperator.Negate => Subtract(left, negated.Operand),
        (Unary negated, _) when negated.Operator == UnaryOperator.Negate => Subtract(right, negated.Operand),
        (Constant, _) => new Binary(BinaryOperator.Add, right, left),
        _ => new Binary(BinaryOperator.Add, left, right),
    };

    public static Expression Subtract(Expression left, Expression right) => (left, right) switch
    {
        (Constant a, Constant b) => a.Value - b.Value,
        (Constant { Value: 0 }, _) => Negate(right),
        (_, Constant { Value: 0 }) => left,
        (_, Unary negated) when negated.Operator == UnaryOperator.Negate => Add(left, negated.Operand),
        _ => new Binary(BinaryOperator.Subtract, left, right),
    };

    public static Expression Multiply(Expression left, Expression right) => (left, right) switch
    {
        (Constant a, Constant b) => a.Value * b.Value,
        (Constant { Value: 0 }, _) or (_, Constant { Value: 0 }) => 0,
        (Constant { Value: 1 }, _) => right,
        (_, Constant { Value: 1 }) => left,
        (Constant { Value: -1 }, _) => Negate(right),
        (_, Constant { Value: -1 }) => Negate(left),
        (_, Constant) => Multiply(right, left),
        (Constant a, Binary { Left: Constant b } inner) when inner.Operator == BinaryOperator.Multiply => Multiply(a.Value * b.Value, inner.Right),
        (Unary negated, _) when negated.Operator == UnaryOperator.Negate => Negate(Multiply(negated.Operand, right)),
        (_, Unary negated) when negated.Operator == UnaryOperator.Negate => Negate(Multiply(left, negated.Operand)),
        (Binary { Left: Constant a } inner, _) when inner.Operator == BinaryOperator.Multiply => Multiply(a, Multiply(inner.Right, right)),
        (_, Binary { Left: Constant b } inner) when inner.Operator == BinaryOperator.Multiply => Multiply(b, Multiply(left, inner.Right)),
        _ => new Binary(BinaryOperator.Multiply, left, right),
    };
}
