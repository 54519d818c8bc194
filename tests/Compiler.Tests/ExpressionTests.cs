using CsCheck;
using ModelDsl.Compiler.Differentiation;
using ModelDsl.Compiler.Graph.Expressions;
using ModelDsl.Compiler.Layers;

namespace ModelDsl.Compiler.Tests;

/// <summary>Formulas: folding keeps values, and derivatives are finite differences.</summary>
public class ExpressionTests
{
    private static readonly double[] Numbers = [-1, 0, 0.5, 1, 2];
    private static readonly UnaryOperator[] Smooth = [UnaryOperator.Negate, UnaryOperator.Exp, UnaryOperator.Tanh, UnaryOperator.Sigmoid, UnaryOperator.Erf];

    /// <summary>A formula over three arguments as it is written, and as the algebra folds it.</summary>
    private static readonly Gen<(Expression Raw, Expression Folded)> Formulas = Gen.Recursive<(Expression, Expression)>((depth, inner) => depth > 3
        ? Leaf
        : Gen.OneOf(
            Leaf,
            Gen.Select(Gen.Int[0, Smooth.Length - 1], inner, (op, operand) => ((Expression)new Unary(Smooth[op], operand.Item1), Algebra.Apply(Smooth[op], operand.Item2))),
            Gen.Select(Gen.Int[0, 2], inner, inner, (op, left, right) => Combine([BinaryOperator.Add, BinaryOperator.Subtract, BinaryOperator.Multiply], op, left, right))));

    private static readonly Gen<double[]> Points = Gen.Double[-1.2, 1.2].Array[3];

    private static Gen<(Expression, Expression)> Leaf => Gen.OneOf(
        Gen.Int[0, 2].Select(index => ((Expression)new Argument(index), (Expression)new Argument(index))),
        Gen.Int[0, 4].Select(index => Numbers[index]).Select(value => ((Expression)new Constant(value), (Expression)new Constant(value))));

    [Fact]
    public void FoldingKeepsTheValue() => Gen.Select(Formulas, Points).Sample((formula, point) =>
    {
        double raw = formula.Raw.Evaluate(index => point[index]), folded = formula.Folded.Evaluate(index => point[index]);
        Assert.True(Math.Abs(raw - folded) <= 1e-12 * (1 + Math.Abs(raw)) || double.IsNaN(raw) || double.IsInfinity(raw), $"{formula.Raw} = {raw}, folded {formula.Folded} = {folded}");
    });

    [Fact]
    public void DerivativesAreFiniteDifferences() => Gen.Select(Formulas, Points, Gen.Int[0, 2]).Sample((formula, point, argument) =>
    {
        const double step = 1e-5;
        double At(double shift) => formula.Folded.Evaluate(index => point[index] + (index == argument ? shift : 0));
        double derivative = ExpressionDerivative.Of(formula.Folded, argument).Evaluate(index => point[index]);
        double once = (At(step) - At(-step)) / (2 * step), twice = (At(2 * step) - At(-2 * step)) / (4 * step);
        // Richardson's extrapolation; where nested exponentials are too steep for it the two differences disagree.
        double difference = ((4 * once) - twice) / 3;
        if (!(Math.Abs(once - twice) < 1e-3 * (1 + Math.Abs(once)))) return;
        Assert.True(Math.Abs(difference - derivative) <= 1e-6 * (1 + Math.Abs(derivative)), $"d/d${argument} of {formula.Folded} is {derivative}, the difference {difference}");
    });

    /// <summary>Values from the definitions, to tell the forms of GELU apart: they differ by less than a test of whole layers sees.</summary>
    [Theory]
    [InlineData(Activation.Gelu, 0.25, 0.149676581)]
    [InlineData(Activation.Gelu, 1, 0.841344746)]
    [InlineData(Activation.GeluTanh, 0.25, 0.149675351)]
    [InlineData(Activation.GeluTanh, 1, 0.841191991)]
    [InlineData(Activation.Silu, 1, 0.731058579)]
    [InlineData(Activation.Relu, -1, 0)]
    [InlineData(Activation.SquaredRelu, 3, 9)]
    public void ActivationsAreWhatTheyAreCalled(Activation activation, double x, double value)
        => Assert.Equal(value, Activations.Of(activation, new Argument(0)).Evaluate(_ => x), 1e-9);

    private static (Expression, Expression) Combine(BinaryOperator[] operators, int op, (Expression Raw, Expression Folded) left, (Expression Raw, Expression Folded) right)
        => (new Binary(operators[op], left.Raw, right.Raw), Algebra.Apply(operators[op], left.Folded, right.Folded));
}
