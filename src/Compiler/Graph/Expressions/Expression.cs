namespace ModelDsl.Compiler.Graph.Expressions;

/// <summary>A scalar formula over numbered arguments: the body of a pointwise operation. Equal formulas are equal values.</summary>
internal abstract record Expression
{
    public static implicit operator Expression(double value) => new Constant(value);

    public static Expression operator +(Expression left, Expression right) => Algebra.Add(left, right);

    public static Expression operator -(Expression left, Expression right) => Algebra.Subtract(left, right);

    public static Expression operator *(Expression left, Expression right) => Algebra.Multiply(left, right);

    public static Expression operator -(Expression operand) => Algebra.Negate(operand);

    /// <summary>The formula with each argument replaced.</summary>
    public Expression Substitute(Func<int, Expression> replacement) => this switch
    {
        Argument argument => replacement(argument.Index),
        Unary unary => Algebra.Apply(unary.Operator, unary.Operand.Substitute(replacement)),
        Binary binary => Algebra.Apply(binary.Operator, binary.Left.Substitute(replacement), binary.Right.Substitute(replacement)),
        _ => this,
    };

    /// <summary>Indices of the arguments that occur.</summary>
    public SortedSet<int> Arguments()
    {
        SortedSet<int> found = [];
        Visit(this);
        return found;

        void Visit(Expression expression)
        {
            switch (expression)
            {
                case Argument argument: found.Add(argument.Index); break;
                case Unary unary: Visit(unary.Operand); break;
                case Binary binary: Visit(binary.Left); Visit(binary.Right); break;
            }
        }
    }

    /// <summary>The value in double.</summary>
    public double Evaluate(Func<int, double> argument) => this switch
    {
        Argument a => argument(a.Index),
        Constant c => c.Value,
        Unary unary => unary.Operator.Evaluate(unary.Operand.Evaluate(argument)),
        Binary binary => binary.Operator.Evaluate(binary.Left.Evaluate(argument), binary.Right.Evaluate(argument)),
        _ => throw new CompilerException("unknown expression"),
    };
}

/// <summary>An operand of the operation.</summary>
internal sealed record Argument(int Index) : Expression
{
    public override string ToString() => "$" + Text.Invariant(Index);
}

/// <summary>A number.</summary>
internal sealed record Constant(double Value) : Expression
{
    public override string ToString() => Text.Invariant(Value);
}

/// <summary>A function of one argument.</summary>
internal sealed record Unary(UnaryOperator Operator, Expression Operand) : Expression
{
    public override string ToString() => $"{Operator.Name}({Operand})";
}

/// <summary>A function of two arguments.</summary>
internal sealed record Binary(BinaryOperator Operator, Expression Left, Expression Right) : Expression
{
    public override string ToString() => Operator.Symbol is { } symbol ? $"({Left} {symbol} {Right})" : $"{Operator.Name}({Left}, {Right})";
}
