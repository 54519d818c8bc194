using System.Diagnostics.Metrics;
using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Fusion;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Operations;
using ModelDsl.Compiler.Tests.Oracle;
using ModelDsl.TestSupport;

namespace ModelDsl.Compiler.Tests;

/// <summary>Layers that select neurons: their parameters, what they count, and what a training step stores.</summary>
public class SelectingLayerTests
{
    private const string Source = """
        using ModelDsl;

        namespace Selecting;

        [Model(Width = 32, Context = 16)]
        public sealed partial class Lm
        {
            [Embedding(Vocabulary = 50)] public partial Embedding Tokens { get; }
            [Repeat(2)] public partial BlockStack<Outer> Outers { get; }
            [PreNorm, Residual, TopKFfn(Hidden = 48, Active = 5, Selection = TopKSelection.Exact)] public partial Ffn Exact { get; }
            [LanguageHead] public partial Head Head { get; }
        }

        [Block]
        public sealed partial class Outer
        {
            [PreNorm, Residual, SparkFfn(Hidden = 128, ActiveFraction = 0.1, PredictorWidth = 12)] public partial Ffn Spark { get; }
            [Repeat(2)] public partial BlockStack<Inner> Inners { get; }
        }

        [Block]
        public sealed partial class Inner
        {
            [PreNorm, Residual, TopKFfn(Hidden = 64, Active = 8, Gated = false)] public partial Ffn TopK { get; }
        }
        """;

    private static readonly string[] Names =
    [
        "Outers.0.Spark", "Outers.0.Inners.0.TopK", "Outers.0.Inners.1.TopK", "Outers.1.Spark", "Outers.1.Inners.0.TopK", "Outers.1.Inners.1.TopK", "Exact",
    ];

    private static readonly Lazy<InMemoryModels> Models = new(() => InMemoryModels.Load(Source));

    private static readonly Lazy<ModelDeclaration> Declaration = new(() => ModelOracle.Read([new RandomModel("Selecting.Lm", Source, 16)])["Selecting.Lm"]);

    [Fact]
    public void ParametersAreARowANeuron()
    {
        using ModelInstance model = Models.Value.Create("Selecting.Lm");
        Assert.Equal([128, 12], model.Parameters["Outers.1.Spark.Predictor.Weight"].Shape);
        Assert.Equal([128, 20], model.Parameters["Outers.1.Spark.Up.Weight"].Shape);
        Assert.Equal([128, 32], model.Parameters["Outers.1.Spark.Down.Weight"].Shape);
        Assert.Equal([64, 32], model.Parameters["Outers.0.Inners.1.TopK.Up.Weight"].Shape);
        Assert.Equal([64, 32], model.Parameters["Outers.0.Inners.1.TopK.Down.Weight"].Shape);
        Assert.Equal([48, 32], model.Parameters["Exact.Gate.Weight"].Shape);
        Ffn spark = new(new Programs.LayerScope(model.Parameters).Child("Outers").Child(0).Child("Spark")), exact = new(new Programs.LayerScope(model.Parameters).Child("Exact"));
        Assert.Equal("Outers.0.Spark.Predictor", spark.Predictor!.Value.Name);
        Assert.Null(spark.Gate);
        Assert.Null(exact.Predictor);
        Assert.Equal("Exact.Gate", exact.Gate!.Value.Name);
    }

    /// <summary>A step counts what exceeds each row's threshold, in all its micro-batches and nothing else, with any number of threads.</summary>
    [Fact]
    public void ATrainingStepCountsWhatItSelects()
    {
        const int batch = 3, time = 11, rows = 2 * batch * time;
        Random random = new(7);
        int[] inputs = [.. Enumerable.Range(0, rows).Select(_ => random.Next(50))], targets = [.. Enumerable.Range(0, rows).Select(_ => random.Next(50))];
        LayerDensity[]? first = null;
        foreach (int threads in (int[])[1, 2, 3])
        {
            using ModelInstance model = Models.Value.Create("Selecting.Lm", seed: 3);
            RandomModels.Fill(model, new Random(5));
            using Trainer trainer = model.CreateTrainer(new TrainerOptions { Batch = batch, Sequence = time, GradientAccumulation = 2, Threads = threads, Optimizer = new AdamW { LearningRate = 1e-12, WeightDecay = 0 } });
            Assert.Equal(Names, trainer.Densities.Select(density => density.Layer));
            Assert.All(trainer.Densities, density => Assert.True(double.IsNaN(density.Share)));
            trainer.Step(inputs, targets);
            trainer.Evaluate(inputs, targets);
            LayerDensity[] densities = [.. trainer.Densities];
            first ??= densities;
            Assert.Equal(first, densities);
            trainer.Step(inputs, targets);
            Assert.Equal(densities.Select(density => density.Offered), trainer.Densities.Select(density => density.Offered));
            if (threads > 1) continue;

            Dictionary<string, double[]> values = model.Parameters.ToDictionary(parameter => parameter.Name, parameter => (double[])[.. parameter.Values.ToArray().Select(value => (double)value)]);
            ModelGraph graph = CompiledProgram.BuildGraph(Declaration.Value, ProgramKind.Evaluate);
            ModelOracle oracle = new(graph, 2 * batch, time);
            oracle.Set(Role.Tokens, [.. inputs.Select(token => (double)token)]);
            oracle.Set(Role.Targets, [.. targets.Select(token => (double)token)]);
            oracle.SetParameters(name => values[name]);
            oracle.Run();
            Assert.Equal(Names.Select(name => (long)rows * (name == "Exact" ? 48 : name.EndsWith("Spark", StringComparison.Ordinal) ? 128 : 64)), densities.Select(density => density.Offered));
            long[] expected = [.. Counts(graph, oracle)];
            for (int i = 0; i < expected.Length; i++) Assert.InRange(densities[i].Selected, expected[i] - 1, expected[i] + 1);
            Assert.Equal(5.0 / 48, densities[^1].Share);
        }
    }

    [Fact]
    public void ADecoderCountsUntilItIsReset()
    {
        using ModelInstance model = Models.Value.Create("Selecting.Lm", seed: 3);
        using Decoder decoder = model.CreateDecoder(new DecoderOptions { PrefillChunk = 3, Threads = 2 });
        decoder.Prefill([1, 2, 3, 4, 5]);
        decoder.Step(6);
        Assert.Equal(Names, decoder.Densities.Select(density => density.Layer));
        Assert.Equal(6 * 128, decoder.Densities[0].Offered);
        Assert.Equal(6 * 5, decoder.Densities[6].Selected);
        Assert.InRange(decoder.Densities[0].Share, 0.02, 0.3);
        decoder.ResetDensities();
        Assert.Equal(0, decoder.Densities[0].Offered);
        decoder.Step(7);
        Assert.Equal(48, decoder.Densities[6].Offered);
    }

    [Fact]
    public void TheMeterReportsEachLayer()
    {
        using ModelInstance model = Models.Value.Create("Selecting.Lm", seed: 3);
        using Trainer trainer = model.CreateTrainer(new TrainerOptions { Batch = 1, Sequence = 8 });
        int thread = Environment.CurrentManagedThreadId;
        List<(string, double)> seen = [];
        using MeterListener listener = new() { InstrumentPublished = (instrument, l) => { if (instrument.Name == "modeldsl.training.density") l.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) =>
        {
            if (Environment.CurrentManagedThreadId == thread) seen.Add(((string)tags[1].Value!, value));
        });
        listener.Start();
        trainer.Step([1, 2, 3, 4, 5, 6, 7, 8], [2, 3, 4, 5, 6, 7, 8, 9]);
        Assert.Equal(trainer.Densities.Select(density => (density.Layer, density.Share)), seen);
    }

    /// <summary>
    /// What the threshold adds to a training step: one sweep over the pre-activations, one over the gradient of what was selected. The dense gradient is computed where products read it.
    /// </summary>
    [Fact]
    public void TheDenseGradientIsNeverStored()
    {
        CompiledProgram program = CompiledProgram.Compile(Declaration.Value, ProgramKind.Train);
        LoopKernel[] loops = [.. program.Fused.Kernels.OfType<LoopKernel>()];
        Kernel[] forward = [.. loops[0].Body.Where(kernel => kernel.Origin.Contains("Spark", StringComparison.Ordinal))];
        Assert.Equal([typeof(RowKernel), typeof(ProductKernel), typeof(LibraryKernel), typeof(ProductKernel), typeof(ProductKernel)], forward.Select(kernel => kernel.GetType()));
        Kernel[] backward = [.. loops[1].Body.Where(kernel => kernel.Origin.Contains("Spark", StringComparison.Ordinal))];
        Assert.Equal(6, backward.OfType<ProductKernel>().Count());
        Assert.Empty(backward.OfType<LibraryKernel>());
        RowKernel sum = Assert.Single(backward.OfType<RowKernel>(), kernel => kernel.Columns == 128);
        Assert.Equal(1, Assert.Single(sum.Writes).Shape.Columns);

        // Of the hidden width two matrices are stored: the gradients of what was selected and of what it is multiplied by, by the product they come from.
        Value[] wide = [.. backward.SelectMany(kernel => kernel.Writes).Where(value => value.Shape == Shape.Activation(128))];
        Assert.Equal(2, wide.Length);
        Assert.All(wide, value => Assert.Contains(value, Assert.IsType<ProductKernel>(backward[0]).Writes));
    }

    private static IEnumerable<long> Counts(ModelGraph graph, ModelOracle oracle)
    {
        Loop outer = graph.Root.Items.OfType<Loop>().Single(), inner = outer.Body.Items.OfType<Loop>().Single();
        for (int i = 0; i < 2; i++)
        {
            yield return Count(outer.Body, i);
            for (int j = 0; j < 2; j++) yield return Count(inner.Body, (2 * i) + j);
        }

        yield return Count(graph.Root, 0);

        long Count(Region region, int iteration)
        {
            Node node = region.Items.OfType<Node>().Single(candidate => candidate.Operation.Selected > 0);
            Graph.Interpretation.Matrix x = oracle.Value(node.Inputs[0], iteration), bound = oracle.Value(node.Outputs[node.Operation is TopKSelect ? 1 : 0], iteration);
            bool IsSelected(int row, int column) => node.Operation is TopKSelect ? x[row, column] >= bound[row, 0] : x[row, column] > bound[row, 0];
            return Enumerable.Range(0, x.Rows).Sum(row => (long)Enumerable.Range(0, x.Columns).Count(column => IsSelected(row, column)));
        }
    }
}
