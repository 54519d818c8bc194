using ModelDsl.Compiler.Graph.Expressions;

namespace ModelDsl.Compiler.Emission.Cpu;

/// <summary>
/// Prints formulas as C# over a vector type <c>S</c> (or over float, for numbers of a row). What occurs more than once becomes a local; a product added to something becomes a fused multiply-add.
/// </summary>
internal sealed class FormulaPrinter(CodeWriter writer, bool vector, Func<int, string> argument, string localPrefix = "t")
{
    private readonly Dictionary<Expression, string> locals = [];
    private int count;

    /// <summary>Writes locals for what the formulas share among each other or within themselves.</summary>
    public void Share(IEnumerable<Expression> formulas)
    {
        Dictionary<Expression, int> occurrences = [];
        List<Expression> order = [];
        foreach (Expression formula in formulas) Count(formula, occurrences, order);
        foreach (Expression shared in order.Where(expression => occurrences[expression] > 1))
        {
            string text = Print(shared);
            string name = localPrefix + CSharpLiterals.Int(count++);
            writer.Line((vector ? "S " : "float ") + name + " = " + text + ";");
            locals[shared] = name;
        }
    }

    /// <summary>The formula as an expression, without outer parentheses.</summary>
    public string Print(Expression expression)
    {
        if (locals.TryGetValue(expression, out string? name)) return name;
        switch (expression)
        {
            case Argument a:
                return argument(a.Index);
            case Constant constant:
                return vector ? $"S.Broadcast({CSharpLiterals.Float((float)constant.Value)})" : CSharpLiterals.Float((float)constant.Value);
            case Unary unary:
                return Function(unary);
            case Binary binary:
                return Operation(binary);
            default:
                throw new CompilerException("unknown expression");
        }
    }

    private static void Count(Expression expression, Dictionary<Expression, int> occurrences, List<Expression> order)
    {
        if (expression is Argument or Constant) return;
        if (occurrences.TryGetValue(expression, out int known))
        {
            occurrences[expression] = known + 1;
            return;
        }

        occurrences[expression] = 1;
        switch (expression)
        {
            case Unary unary:
                Count(unary.Operand, occurrences, order);
                break;
            case Binary binary:
                Count(binary.Left, occurrences, order);
                Count(binary.Right, occurrences, order);
                break;
        }

        order.Add(expression);
    }

    private string Function(Unary unary)
    {
        string operand = Print(unary.Operand);
        if (unary.Operator == UnaryOperator.Negate) return "-" + Nested(unary.Operand);
        if (vector)
        {
            // In this order a NaN stays one: where an operand is NaN, the second is returned.
            if (unary.Operator == UnaryOperator.Relu) return $"S.Max(S.Zero, {operand})";
            if (unary.Operator == UnaryOperator.Step) return $"S.Select(S.LessThan(S.Zero, {operand}), S.Broadcast(1f), S.Zero)";
            return $"VectorMath.{Capitalised(unary.Operator.Name)}({operand})";
        }

        if (unary.Operator == UnaryOperator.ReciprocalSqrt) return $"1f / MathF.Sqrt({operand})";
        if (unary.Operator == UnaryOperator.Relu) return $"MathF.Max({operand}, 0f)";
        if (unary.Operator == UnaryOperator.Step) return $"({operand} > 0f ? 1f : 0f)";
        return $"VectorMath.{Capitalised(unary.Operator.Name)}(new F1({operand})).Value";
    }

    private string Operation(Binary binary)
    {
        if (IsFused(binary))
        {
            if (Product(binary.Left) is { } left) return $"S.MultiplyAdd({Print(left.Left)}, {Print(left.Right)}, {Print(binary.Right)})";
            if (Product(binary.Right) is { } right) return $"S.MultiplyAdd({Print(right.Left)}, {Print(right.Right)}, {Print(binary.Left)})";
        }

        string symbol = binary.Operator.Symbol ?? throw new CompilerException($"{binary.Operator.Name} has no C# form");
        bool isProduct = binary.Operator == BinaryOperator.Multiply;
        return $"{(isProduct ? Nested(binary.Left) : Print(binary.Left))} {symbol} {(isProduct || !IsProduct(binary.Right) ? Nested(binary.Right) : Print(binary.Right))}";
    }

    // a + b·c and a - b·c need no parentheses; a + (b - c) keeps them, since float sums are not associative.
    private static bool IsProduct(Expression expression) => expression is Binary binary && binary.Operator == BinaryOperator.Multiply;

    /// <summary>Whether it is printed as one call: a fused multiply-add.</summary>
    private bool IsFused(Binary binary) => vector && binary.Operator == BinaryOperator.Add && (Product(binary.Left) ?? Product(binary.Right)) is not null;

    /// <summary>A product that is not held in a local already.</summary>
    private Binary? Product(Expression expression)
        => expression is Binary binary && binary.Operator == BinaryOperator.Multiply && !locals.ContainsKey(expression) ? binary : null;

    private string Nested(Expression expression)
    {
        string text = Print(expression);
        return !locals.ContainsKey(expression) && (expression is Binary binary && !IsFused(binary) || text[0] == '-' || text.StartsWith("1f /", StringComparison.Ordinal))
            ? "(" + text + ")" : text;
    }

    private static string Capitalised(string name) => char.ToUpperInvariant(name[0]) + name.Substring(1);
}
