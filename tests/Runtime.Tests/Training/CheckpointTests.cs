namespace ModelDsl.Runtime.Tests.Training;

public sealed class CheckpointTests : IDisposable
{
    private static readonly TrainerOptions Options = new()
    {
        Batch = 2,
        GradientAccumulation = 2,
        Optimizer = new AdamW { LearningRate = 0.02 },
        Schedule = LearningRateSchedule.WarmupCosine(3, 12),
        Seed = 9,
    };

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(11)]
    public void Resuming_equals_not_stopping_bit_for_bit(int stop)
    {
        (float[] weights, StepReport report, ulong random) = Train(12);
        string path = folder["run.safetensors"];
        using (ModelInstance model = ModelInstance.Create(new BigramProgram(20), 1))
        using (Trainer trainer = model.CreateTrainer(Options))
        {
            PatternBatches batches = new(2, 8, 20);
            trainer.Run(batches, new RunOptions { Steps = stop, CheckpointPath = path, Progress = new DrawAtEachStep(trainer) });
        }

        using ModelInstance other = ModelInstance.Create(new BigramProgram(20), 777);
        using Trainer resumed = other.CreateTrainer(Options with { Seed = 8 });
        PatternBatches again = new(2, 8, 20);
        TrainingState state = resumed.LoadCheckpoint(path, again);
        Assert.Equal(stop, state.Step);
        Assert.Equal(2 * stop, again.Position);
        RunResult result = resumed.Run(again, new RunOptions { Steps = 12, Progress = new DrawAtEachStep(resumed) });

        Assert.Equal(12 - stop, result.Steps);
        Assert.Equal(weights, other.Parameters["Table.Weight"].Values.ToArray());
        Assert.Equal(report.Loss, result.Last.Loss);
        Assert.Equal(report.GradientNorm, result.Last.GradientNorm);
        Assert.Equal(report.TotalTokens, result.Last.TotalTokens);
        Assert.Equal(random, resumed.Random.NextBits());
    }

    [Fact]
    public void A_checkpoint_is_a_model_and_a_model_is_no_checkpoint()
    {
        using ModelInstance model = ModelInstance.Create(new BigramProgram(20), 1);
        using Trainer trainer = model.CreateTrainer(Options);
        trainer.Run(new PatternBatches(2, 8, 20), new RunOptions { Steps = 2, CheckpointPath = folder["run.safetensors"] });
        using ModelInstance loaded = ModelInstance.Load(new BigramProgram(20), folder["run.safetensors"]);
        Assert.Equal(model.Parameters[0].Values.ToArray(), loaded.Parameters[0].Values.ToArray());

        loaded.Save(folder["model.safetensors"]);
        using ModelInstance again = ModelInstance.Load(new BigramProgram(20), folder["model.safetensors"]);
        Assert.Equal(model.Parameters[1].Values.ToArray(), again.Parameters[1].Values.ToArray());
        CheckpointException exception = Assert.Throws<CheckpointException>(() => trainer.LoadCheckpoint(folder["model.safetensors"]));
        Assert.Contains("without the state of a training", exception.Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointException>(() => ModelInstance.Load(new BigramProgram(21), folder["run.safetensors"]));
    }

    [Fact]
    public void A_checkpoint_that_does_not_fit_changes_nothing()
    {
        using (ModelInstance larger = ModelInstance.Create(new BigramProgram(21), 1))
        using (Trainer trainer = larger.CreateTrainer(Options))
        {
            PatternBatches batches = new(2, 8, 21);
            trainer.Run(batches, new RunOptions { Steps = 3, CheckpointPath = folder["larger.safetensors"] });
            trainer.SaveCheckpoint(folder["without.safetensors"]);
        }

        using ModelInstance model = ModelInstance.Create(new BigramProgram(20), 1);
        using Trainer mine = model.CreateTrainer(Options);
        PatternBatches source = new(2, 8, 20) { Position = 5 };
        float[] before = model.Parameters[0].Values.ToArray();
        Assert.Throws<CheckpointException>(() => mine.LoadCheckpoint(folder["larger.safetensors"], source));
        Assert.Contains("without a data position", Assert.Throws<InvalidDataException>(() => mine.LoadCheckpoint(folder["without.safetensors"], source)).Message, StringComparison.Ordinal);
        TokenBatches stranger = new(new TokenBuffer(new int[100], 20), 2, 8);
        string message = Assert.Throws<InvalidDataException>(() => mine.LoadCheckpoint(folder["larger.safetensors"], stranger)).Message;
        Assert.Contains("does not fit the source of batches. 'at 6' is not a saved data position. Or load it without the source", message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => mine.LoadCheckpoint(folder["none.safetensors"], source));
        Assert.Equal(5, source.Position);
        Assert.Equal(0, mine.CurrentStep);
        Assert.Equal(before, model.Parameters[0].Values.ToArray());
    }

    [Fact]
    public void Cancelling_finishes_the_step_and_writes_a_checkpoint_to_go_on_from()
    {
        (float[] weights, _, _) = Train(12);
        using ModelInstance model = ModelInstance.Create(new BigramProgram(20), 1);
        using Trainer trainer = model.CreateTrainer(Options);
        PatternBatches batches = new(2, 8, 20);
        using CancellationTokenSource cancellation = new();
        RunResult result = trainer.Run(batches, new RunOptions { Steps = 12, CheckpointPath = folder["run.safetensors"], Progress = new CancelAt(4, cancellation) }, cancellation.Token);
        Assert.Equal(new RunResult(RunEnd.Cancelled, 4, result.Last), result);
        Assert.Equal(4, result.Last.Step);

        trainer.Run(batches, new RunOptions { Steps = 7 });
        trainer.LoadCheckpoint(folder["run.safetensors"], batches);
        Assert.Equal(RunEnd.Steps, trainer.Run(batches, new RunOptions { Steps = 12 }).End);
        Assert.Equal(weights, model.Parameters["Table.Weight"].Values.ToArray());
    }

    [Fact]
    public void After_a_step_that_failed_the_source_is_where_the_trainer_is()
    {
        (float[] weights, _, _) = Train(12);
        BigramProgram program = new(20);
        using ModelInstance model = ModelInstance.Create(program, 1);
        using Trainer trainer = model.CreateTrainer(Options);
        PatternBatches batches = new(2, 8, 20);
        Assert.Throws<NonFiniteException>(() => trainer.Run(batches, new RunOptions { Steps = 12, Progress = new PoisonAfter(4, program) }));
        Assert.Equal(4, trainer.CurrentStep);
        Assert.Equal(2 * 4, batches.Position);
        program.Poison = null;
        trainer.Run(batches, new RunOptions { Steps = 12 });
        Assert.Equal(weights, model.Parameters["Table.Weight"].Values.ToArray());
    }

    [Fact]
    public void A_run_ends_with_its_time_and_saves_at_intervals()
    {
        using ModelInstance model = ModelInstance.Create(new BigramProgram(20), 1);
        using Trainer trainer = model.CreateTrainer(Options);
        PatternBatches batches = new(1, 5, 20);
        RunResult none = trainer.Run(batches, new RunOptions { Duration = TimeSpan.Zero, CheckpointPath = folder["run.safetensors"] });
        Assert.Equal(new RunResult(RunEnd.Duration, 0, default), none);
        List<string[]> seen = [];
        trainer.Run(batches, new RunOptions { Steps = 5, CheckpointPath = folder["run.safetensors"], CheckpointInterval = 2, Progress = new SeeStepOf(folder["run.safetensors"], seen) });
        Assert.Equal(["0", "0", "2", "2", "4"], seen.Select(s => s[0]));
        Assert.Equal(["run.safetensors"], folder.Files);
        using SafetensorsFile file = SafetensorsFile.Open(folder["run.safetensors"]);
        Assert.Equal("5", file.Metadata["modeldsl.training.step"]);
    }

    [Fact]
    public void Evaluating_a_source_leaves_it_where_it_was()
    {
        using ModelInstance model = ModelInstance.Create(new BigramProgram(20), 1);
        using Trainer trainer = model.CreateTrainer(Options);
        PatternBatches batches = new(2, 8, 20) { Position = 3 };
        Evaluation evaluation = trainer.Evaluate(batches, 4);
        Assert.Equal(64, evaluation.Targets);
        Assert.Equal(3, batches.Position);
        Assert.Equal(evaluation, trainer.Evaluate(batches, 4));
        Assert.Throws<OperationCanceledException>(() => trainer.Evaluate(batches, 4, new CancellationToken(canceled: true)));
        Assert.Equal(3, batches.Position);
        Assert.Contains("3 sequences of 8", Assert.Throws<ArgumentException>(() => trainer.Evaluate(new PatternBatches(3, 8, 20), 1)).Message, StringComparison.Ordinal);
        Assert.Contains("would not end", Assert.Throws<ArgumentException>(() => trainer.Run(batches, new RunOptions())).Message, StringComparison.Ordinal);
    }

    private static (float[] Weights, StepReport Last, ulong Random) Train(int steps)
    {
        using ModelInstance model = ModelInstance.Create(new BigramProgram(20), 1);
        using Trainer trainer = model.CreateTrainer(Options);
        RunResult result = trainer.Run(new PatternBatches(2, 8, 20), new RunOptions { Steps = steps, Progress = new DrawAtEachStep(trainer) });
        return (model.Parameters["Table.Weight"].Values.ToArray(), result.Last, trainer.Random.NextBits());
    }

    private sealed class DrawAtEachStep(Trainer trainer) : IProgress<StepReport>
    {
        public void Report(StepReport value) => trainer.Random.NextBits();
    }

    private sealed class CancelAt(long step, CancellationTokenSource cancellation) : IProgress<StepReport>
    {
        public void Report(StepReport value)
        {
            if (value.Step == step) cancellation.Cancel();
        }
    }

    private sealed class PoisonAfter(long step, BigramProgram program) : IProgress<StepReport>
    {
        public void Report(StepReport value)
        {
            if (value.Step == step) program.Poison = ("Head.Bias", float.NaN);
        }
    }

    private sealed class SeeStepOf(string path, List<string[]> seen) : IProgress<StepReport>
    {
        public void Report(StepReport value)
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            seen.Add([file.Metadata["modeldsl.training.step"]]);
        }
    }
}
