using System.Diagnostics.Metrics;

namespace ModelDsl.Runtime.Tests.Training;

public sealed class TrainerTests
{
    private static readonly TrainerOptions Options = new() { Batch = 4, Optimizer = new AdamW { LearningRate = 0.05 }, ClipNorm = 1 };

    [Fact]
    public void Loss_falls_to_near_the_entropy_of_the_data()
    {
        using ModelInstance model = ModelInstance.Create(new BigramProgram(), 1);
        using Trainer trainer = model.CreateTrainer(Options);
        double first = 0, last = 0;
        for (int step = 0; step < 200; step++)
        {
            (int[] inputs, int[] targets) = Tokens.Batch(32, 7, step);
            last = trainer.Step(inputs, targets).Loss;
            if (step == 0) first = last;
        }

        // 3/4 + 1/28 on the double, 1/28 on each of six others.
        double right = 0.75 + 1 / 28.0, entropy = -(right * Math.Log(right) + 6 / 28.0 * Math.Log(1 / 28.0));
        Assert.Equal(Math.Log(7), first, 0.05);
        (int[] heldIn, int[] heldTargets) = Tokens.Batch(8 * 500, 7, 12345);
        Assert.Equal(entropy, trainer.Evaluate(heldIn, heldTargets).Loss, 0.1);
        Assert.True(last < first / 1.5);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Threads_do_not_change_a_bit(int threads)
    {
        float[] Train(int count)
        {
            using ModelInstance model = ModelInstance.Create(new BigramProgram(300), 1);
            using Trainer trainer = model.CreateTrainer(Options with { Threads = count });
            for (int step = 0; step < 5; step++)
            {
                (int[] inputs, int[] targets) = Tokens.Batch(32, 300, step);
                trainer.Step(inputs, targets);
            }

            return model.Parameters["Table.Weight"].Values.ToArray();
        }

        Assert.Equal(Train(1), Train(threads));
    }

    [Fact]
    public void Trainers_on_several_threads_share_the_workers_without_disturbing_each_other()
    {
        static float[] Train(int seed)
        {
            using ModelInstance model = ModelInstance.Create(new BigramProgram(300), seed);
            using Trainer trainer = model.CreateTrainer(Options);
            trainer.Run(new PatternBatches(4, 8, 300), new RunOptions { Steps = 30 });
            return model.Parameters["Table.Weight"].Values.ToArray();
        }

        float[][] expected = [Train(0), Train(1), Train(2)], actual = new float[3][];
        Thread[] threads = [.. Enumerable.Range(0, 3).Select(i => new Thread(() => actual[i] = Train(i)))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Two_micro_batches_are_one_batch_of_both()
    {
        (int[] inputs, int[] targets) = Tokens.Batch(32, 7, 3);
        targets[2] = targets[17] = targets[18] = -1;
        BigramProgram whole = new(), split = new() { RecordPasses = true };
        using ModelInstance left = ModelInstance.Create(whole, 1), right = ModelInstance.Create(split, 1);
        using Trainer once = left.CreateTrainer(Options), twice = right.CreateTrainer(Options with { Batch = 2, GradientAccumulation = 2 });
        StepReport a = once.Step(inputs, targets), b = twice.Step(inputs, targets);

        Assert.Equal([16L, 16L], split.Passes);
        Assert.Equal(29, a.Targets);
        Assert.Equal(29, b.Targets);
        Assert.Equal(a.Loss, b.Loss, 1e-6);
        Assert.Equal(a.GradientNorm, b.GradientNorm, 1e-6);
        for (int p = 0; p < once.Parameters.Count; p++)
            Compare.Near(once.Parameters[p].Gradient, twice.Parameters[p].Gradient, 1e-6);
    }

    [Fact]
    public void A_batch_that_does_not_divide_is_split_with_a_shorter_last_pass()
    {
        (int[] inputs, int[] targets) = Tokens.Batch(15, 7, 3);
        BigramProgram program = new() { RecordPasses = true };
        using ModelInstance model = ModelInstance.Create(program, 1);
        using Trainer trainer = model.CreateTrainer(Options with { Batch = 2, GradientAccumulation = 2 });
        trainer.Step(inputs.AsSpan(0, 9), targets.AsSpan(0, 9), 3, 3);
        Assert.Equal([6L, 3L], program.Passes);
        Evaluation evaluation = trainer.Evaluate(inputs, targets, 5, 3);
        Assert.Equal(15, evaluation.Targets);
    }

    [Fact]
    public void An_evaluation_needs_a_counted_target()
    {
        using ModelInstance model = ModelInstance.Create(new BigramProgram(), 1);
        using Trainer trainer = model.CreateTrainer(Options);
        int[] inputs = new int[6], none = [-1, -1, -1, -1, -1, -1];
        Assert.Contains("Every target is negative", Assert.Throws<ArgumentException>(() => trainer.Evaluate(inputs, none, 2, 3)).Message, StringComparison.Ordinal);
        Evaluation whole = trainer.Evaluate(inputs, inputs, 2, 3), halfCounted = trainer.Evaluate(new UncountedBatches(1), 2);
        Assert.Equal(3, halfCounted.Targets);
        Assert.Equal(whole.Loss, halfCounted.Loss, 1e-6);
        Assert.Contains("Every target of 3 batches", Assert.Throws<ArgumentException>(() => trainer.Evaluate(new UncountedBatches(3), 3)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gradient_is_that_of_the_mean_over_counted_targets()
    {
        using ModelInstance model = ModelInstance.Create(new BigramProgram(), 1);
        using Trainer trainer = model.CreateTrainer(Options with { Optimizer = new AdamW { LearningRate = 0, WeightDecay = 0 } });
        (int[] inputs, int[] targets) = Tokens.Batch(16, 7, 3);
        targets[0] = -100;
        trainer.Step(inputs, targets);
        Parameter table = trainer.Parameters["Table.Weight"];
        for (int i = 0; i < 10; i++)
        {
            float value = table.Values[i];
            table.Values[i] = value + 1e-2f;
            double up = trainer.Evaluate(inputs, targets).Loss;
            table.Values[i] = value - 1e-2f;
            double down = trainer.Evaluate(inputs, targets).Loss;
            table.Values[i] = value;
            Assert.Equal((up - down) / 2e-2, table.Gradient[i], 1e-4);
        }
    }

    [Theory]
    [InlineData(float.NaN, "Head.Bias")]
    [InlineData(float.PositiveInfinity, "Table.Weight")]
    public void A_gradient_that_is_not_finite_is_named_and_changes_nothing(float value, string parameter)
    {
        BigramProgram program = new();
        using ModelInstance model = ModelInstance.Create(program, 1);
        using Trainer trainer = model.CreateTrainer(Options), skipping = model.CreateTrainer(Options with { OnNonFinite = NonFiniteAction.SkipUpdate });
        (int[] inputs, int[] targets) = Tokens.Batch(32, 7, 3);
        float[] before = model.Parameters["Table.Weight"].Values.ToArray();
        program.Poison = (parameter, value);

        NonFiniteException exception = Assert.Throws<NonFiniteException>(() => trainer.Step(inputs, targets));
        Assert.Contains($"'{parameter}'", exception.Message, StringComparison.Ordinal);
        StepReport report = skipping.Step(inputs, targets);
        Assert.Equal(parameter, report.NonFinite);
        Assert.Equal(before, model.Parameters["Table.Weight"].Values.ToArray());

        // The skipped step is no update: the next one is corrected as the first.
        program.Poison = null;
        skipping.Step(inputs, targets);
        Assert.Equal(2, skipping.CurrentStep);
        Assert.Equal(0.05, Math.Abs(model.Parameters["Head.Bias"].Values[0]), 1e-3);
    }

    [Fact]
    public void Huge_but_finite_gradients_are_clipped_and_not_taken_for_infinite()
    {
        BigramProgram program = new() { Poison = ("Head.Bias", 1e30f) };
        using ModelInstance model = ModelInstance.Create(program, 1);
        using Trainer trainer = model.CreateTrainer(Options);
        (int[] inputs, int[] targets) = Tokens.Batch(32, 7, 3);
        StepReport report = trainer.Step(inputs, targets);
        Assert.Equal(1e30, report.GradientNorm, 1e25);
        Assert.Null(report.NonFinite);
        Assert.True(float.IsFinite(model.Parameters["Head.Bias"].Values[1]));
    }

    [Fact]
    public void Errors_say_what_is_wrong_where()
    {
        using ModelInstance model = ModelInstance.Create(new BigramProgram(), 1);
        using Trainer trainer = model.CreateTrainer(Options);
        int[] good = new int[32], bad = new int[32];
        bad[5] = 7;
        Throws<ArgumentOutOfRangeException>(() => trainer.Step(bad, good), "Token 5 of 32 is 7", "0 to 6");
        Throws<ArgumentOutOfRangeException>(() => trainer.Step(good, bad), "Target 5 of 32 is 7", "0 to 6");
        bad[5] = -1;
        Throws<ArgumentOutOfRangeException>(() => trainer.Evaluate(bad, good), "Token 5 of 32 is -1");
        Throws<ArgumentException>(() => trainer.Step(good, good.AsSpan(1)), "31 targets for 32 inputs");
        Throws<ArgumentException>(() => trainer.Step(good.AsSpan(1), good.AsSpan(1)), "31 inputs", "sequences of 8");
        Throws<ArgumentOutOfRangeException>(() => trainer.Step(good, good, 8, 4), "1 to 4 sequences");
        Throws<ArgumentOutOfRangeException>(() => trainer.Step(good, good, 2, 16), "1 to 8 positions");
        Throws<ArgumentException>(() => trainer.Step(good, Enumerable.Repeat(-1, 32).ToArray()), "nothing to learn");
        int[] starts = new int[32];
        starts[11] = 2;
        Throws<ArgumentException>(() => trainer.Step(good, good, 4, 8, starts), "Segment start 11 of 32 is 2", "position 3");
        Throws<KeyNotFoundException>(() => _ = model.Parameters["Table.Wieght"], "'Table.Weight'");
        Throws<InvalidOperationException>(() => _ = model.Parameters[0].Gradient.Length, "trainer");

        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => trainer.Step(good, good));
        Assert.Throws<ObjectDisposedException>(() => model.Parameters[0].Values.Length);
    }

    [Fact]
    public void All_wrong_options_are_listed_at_once()
    {
        using ModelInstance model = ModelInstance.Create(new BigramProgram(), 1);
        Throws<ArgumentException>(
            () => model.CreateTrainer(new TrainerOptions
            {
                Batch = 0,
                Sequence = 9,
                ClipNorm = -1,
                GradientAccumulation = 0,
                Optimizer = new AdamW { Beta2 = 1, Epsilon = 0 },
                Rules = [new ParameterRule("Haed.*") { WeightDecay = 0 }],
            }),
            "Batch is 0", "Sequence is 9", "context, 8", "ClipNorm is -1", "GradientAccumulation is 0", "AdamW.Beta2 is 1", "AdamW.Epsilon is 0", "'Haed.*' matches no parameter", "'Head.Bias'");
    }

    [Fact]
    public void A_step_of_more_tokens_than_a_number_holds_is_refused_however_many_more()
    {
        using ModelInstance model = ModelInstance.Create(new BigramProgram(), 1);
        // 8 (2³¹ - 1)² is below 0 in 64 bits.
        Throws<ArgumentException>(() => model.CreateTrainer(new TrainerOptions { Batch = int.MaxValue, GradientAccumulation = int.MaxValue }), "is 36893488113059364872: a step takes at most");
    }

    [Fact]
    public void The_meter_reports_each_step()
    {
        using ModelInstance model = ModelInstance.Create(new BigramProgram(), 1);
        using Trainer trainer = model.CreateTrainer(Options);
        Dictionary<string, double> seen = [];
        using MeterListener listener = new() { InstrumentPublished = (instrument, l) => { if (instrument.Meter.Name == "ModelDsl") l.EnableMeasurementEvents(instrument); } };
        int thread = Environment.CurrentManagedThreadId;
        void Keep(string name, double value)
        {
            if (Environment.CurrentManagedThreadId == thread) seen[name] = value;
        }

        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument.Name, value));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument.Name, value));
        listener.Start();
        (int[] inputs, int[] targets) = Tokens.Batch(32, 7, 3);
        StepReport report = trainer.Step(inputs, targets);
        Assert.Equal(report.Loss, seen["modeldsl.training.loss"]);
        Assert.Equal(report.GradientNorm, seen["modeldsl.training.gradient_norm"]);
        Assert.Equal(32, seen["modeldsl.training.tokens"]);
        Assert.Equal(report.Elapsed.TotalSeconds, seen["modeldsl.training.step.duration"]);
    }

    private static void Throws<T>(Action action, params string[] parts) where T : Exception
    {
        T exception = Assert.ThrowsAny<T>(action);
        Assert.All(parts, part => Assert.Contains(part, exception.Message, StringComparison.Ordinal));
    }
}
