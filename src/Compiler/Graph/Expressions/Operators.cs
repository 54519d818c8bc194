namespace ModelDsl.Compiler.Graph.Expressions;

/// <summary>A scalar function of one argument: its name, value and derivative, in one table.</summary>
/// <param name="name">Its name in the text form and, capitalised, in generated code.</param>
/// <param name="evaluate">Its value in double.</param>
/// <param name="derivative">Its derivative from the argument and the value.</param>
internal sealed class UnaryOperator(string name, Func<double, double> evaluate, Func<Expression, Expression, Expression> derivative)
{
    public static readonly UnaryOperator Negate = new("negate", x => -x, (_, _) => -1);
    public static readonly UnaryOperator Exp = new("exp", Math.Exp, (_, y) => y);
    public static readonly UnaryOperator Tanh = new("tanh", Math.Tanh, (_, y) => 1 - (y * y));
    public static readonly UnaryOperator Sigmoid = new("sigmoid", x => 1 / (1 + Math.Exp(-x)), (_, y) => y * (1 - y));
    public static readonly UnaryOperator Erf = new("erf", SpecialFunctions.Erf, (x, _) => 2 / Math.Sqrt(Math.PI) * Algebra.Apply(Exp, -(x * x)));
    public static readonly UnaryOperator ReciprocalSqrt = new("reciprocalSqrt", x => 1 / Math.Sqrt(x), (_, y) => -0.5 * (y * (y * y)));

    /// <summary>1 where the argument is positive, else 0: the derivative of <see cref="Relu"/>.</summary>
    public static readonly UnaryOperator Step = new("step", x => x > 0 ? 1 : 0, (_, _) => 0);

    public static readonly UnaryOperator Relu = new("relu", x => Math.Max(x, 0), (x, _) => Algebra.Apply(Step, x));

    public string Name { get; } = name;

    public double Evaluate(double x) => evaluate(x);

    public Expression Derivative(Expression argument, Expression value) => derivative(argument, value);
}

/// <summary>A scalar function of two arguments: its name, value and derivatives.</summary>
internal sealed class BinaryOperator(
    string name,
    string? symbol,
    Func<double, double, double> evaluate,
    Func<Expression, Expression, (Expression Left, Expression Right)> derivative)
{
    public static readonly BinaryOperator Add = new("add", "+", (a, b) => a + b, (_, _) => (1, 1));
    public static readonly BinaryOperator Subtract = new("subtract", "-", (a, b) => a - b, (_, _) => (1, -1));
    public static readonly BinaryOperator Multiply = new("multiply", "*", (a, b) => a * b, (a, b) => (b, a));

    public string Name { get; } = name;

    public string? Symbol { get; } = symbol;

    public double Evaluate(double left, double right) => evaluate(left, right);

    public (Expression Left, Expression Right) Derivative(Expression left, Expression right) => derivative(left, right);
}
