using CsCheck;
using ModelDsl.Compiler.Differentiation;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Expressions;
using ModelDsl.Compiler.Graph.Interpretation;
using ModelDsl.Compiler.Graph.Operations;

namespace ModelDsl.Compiler.Tests;

/// <summary>Selection of the largest of a row, forward and backward, in double.</summary>
public class SelectionTests
{
    private static readonly Gen<(double[] X, double[] Upstream, int Count)> Rows = Gen.Int[2, 40].SelectMany(columns => Gen.Select(
        Gen.Double[-3, 3].Array[columns], Gen.Double[-1, 1].Array[columns], Gen.Int[1, columns - 1]));

    [Fact]
    public void TheWorkedExample()
    {
        double[] x = [0.5, -1.2, 2.0, 0.1, 1.5, -0.3, 0, -0.9], upstream = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
        (double[] y, double[] gradient) = Statistical(x, upstream, new TopKThreshold(2, Deviation.Sample, ThresholdGradient.Attached));
        Close([0, 0, 1.044740516, 0, 0.544740516, 0, 0, 0], y, 1e-9);
        Close([-0.120124834, -0.001125817, 0.074876034, -0.092125065, 0.309875745, -0.064125297, -0.085125123, -0.022125644], gradient, 1e-9);
        (_, double[] detached) = Statistical(x, upstream, new TopKThreshold(2, Deviation.Sample, ThresholdGradient.Detached));
        Close([0, 0, 0.3, 0, 0.5, 0, 0, 0], detached, 0);
    }

    /// <summary>Adding a number to all values changes nothing that is kept, so gradients sum to 0; multiplying all by a factor multiplies it, so Σ x · dx = Σ y · dy.</summary>
    [Theory]
    [InlineData(Deviation.Sample)]
    [InlineData(Deviation.Population)]
    public void GradientsShowShiftAndScale(Deviation deviation) => Rows.Sample((x, upstream, count) =>
    {
        (double[] y, double[] gradient) = Statistical(x, upstream, new TopKThreshold(count, deviation, ThresholdGradient.Attached));
        Assert.Equal(0, gradient.Sum(), 1e-10);
        Assert.Equal(y.Zip(upstream, (a, b) => a * b).Sum(), x.Zip(gradient, (a, b) => a * b).Sum(), 1e-9);
    });

    [Fact]
    public void EqualValuesHaveFiniteGradients()
    {
        (double[] y, double[] gradient) = Statistical([2, 2, 2], [1, 1, 1], new TopKThreshold(1, Deviation.Sample, ThresholdGradient.Attached));
        Close([0, 0, 0], y, 0);
        Close([0, 0, 0], gradient, 0);
    }

    [Fact]
    public void AnExactSelectionKeepsTheLowestOfEquals()
    {
        (double[] y, double[] gradient) = Run([1, 3, 0, 3, 3, -1], [1, 2, 3, 4, 5, 6], (builder, x) => builder.Node(new TopKSelect(2), x).Output);
        Close([0, 3, 0, 3, 0, 0], y, 0);
        Close([0, 2, 0, 4, 0, 0], gradient, 0);
    }

    [Fact]
    public void AnExactSelectionKeepsTheLargest() => Rows.Sample((x, _, count) =>
    {
        (double[] y, double[] kept) = Run(x, [.. x.Select(_ => 1.0)], (builder, input) => builder.Node(new TopKSelect(count), input).Output);
        Assert.Equal(count, kept.Sum());
        for (int i = 0; i < x.Length; i++)
        {
            Assert.Equal(kept[i] * x[i], y[i]);
            for (int j = 0; j < x.Length; j++) Assert.True(kept[i] == 0 || kept[j] == 1 || x[i] > x[j] || (x[i] == x[j] && i < j));
        }
    });

    [Fact]
    public void ASelectionOfAllIsNone()
    {
        GraphBuilder builder = new(new ModelGraph(ProgramKind.Module));
        Value x = builder.Input(Role.ModuleInput, Shape.Activation(4));
        Assert.Throws<CompilerException>(() => builder.Node(new TopKThreshold(4, Deviation.Sample, ThresholdGradient.Attached), x));
        Assert.Throws<CompilerException>(() => builder.Node(new TopKSelect(4), x));
        Assert.Throws<CompilerException>(() => builder.Node(new TopKSelect(0), x));
    }

    private static (double[] Y, double[] Gradient) Statistical(double[] x, double[] upstream, TopKThreshold threshold) => Run(x, upstream, (builder, input)
        => builder.Pointwise(Algebra.Apply(UnaryOperator.Relu, new Argument(0) - new Argument(1)), input, builder.Node(threshold, input).Output));

    private static (double[] Y, double[] Gradient) Run(double[] x, double[] upstream, Func<GraphBuilder, Value, Value> selection)
    {
        ModelGraph graph = new(ProgramKind.Module);
        GraphBuilder builder = new(graph);
        Value input = builder.Input(Role.ModuleInput, Shape.Activation(x.Length)), output = selection(builder, input);
        graph.Outputs[Role.ModuleOutput] = output;
        Value seed = builder.Input(Role.ModuleOutputGradient, output.Shape);
        Backward.Differentiate(builder, output, seed);
        GraphVerifier.Verify(graph, nameof(Differentiation));
        Graph.Interpretation.Evaluation evaluation = new(graph, 1, 1);
        evaluation.Set(input, new Matrix(1, x.Length, x));
        evaluation.Set(seed, new Matrix(1, x.Length, upstream));
        evaluation.Run();
        return (evaluation.Get(output).Data, evaluation.Get(graph.Outputs[Role.ModuleInputGradient]).Data);
    }

    private static void Close(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], tolerance);
    }
}
