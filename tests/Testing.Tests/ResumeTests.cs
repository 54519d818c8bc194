using ModelDsl.Programs;

namespace ModelDsl.Testing.Tests;

public class ResumeTests
{
    [Fact]
    public void GeneratedModelsResumeExactly()
    {
        using LlamaLm llama = LlamaLm.Create(1);
        float[] before = llama.Parameters[0].Values.ToArray();
        ModelChecks.ResumeIsExact(llama);
        TrainerOptions training = new() { Optimizer = new AdamW { LearningRate = 3e-3, WeightDecay = 0.1 }, ClipNorm = 0.1 };
        ModelChecks.ResumeIsExact(llama, training, steps: 5, new CheckOptions { RandomParameters = false, Batch = 1 });
        Assert.Equal(before, llama.Parameters[0].Values.ToArray());
        using ReluLm relu = ReluLm.Create(1);
        ModelChecks.ResumeIsExact(relu, steps: 2);
    }

    [Fact]
    public void StateOutsideTheCheckpointIsFound()
    {
        using var model = Spoiled<LlamaLm, Counting>.Create(1);
        ModelCheckException thrown = Assert.Throws<ModelCheckException>(() => ModelChecks.ResumeIsExact(model));
        // The program of the first model goes on counting in the second training.
        Assert.Contains("differs at step 1, before anything was saved", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AScheduleOfItsOwnStateIsFoundAfterTheCheckpoint()
    {
        using LlamaLm model = LlamaLm.Create(1);
        ModelCheckException thrown = Assert.Throws<ModelCheckException>(() => ModelChecks.ResumeIsExact(model, new TrainerOptions { Schedule = new Calls() }));
        Assert.Contains("differs at step 5, after a checkpoint at step 4 was loaded into a new model", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("learning rate", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATrainingThatDivergesIsSaid()
    {
        using LlamaLm model = LlamaLm.Create(1);
        TrainerOptions training = new() { ClipNorm = null, Optimizer = new AdamW { LearningRate = 1e38 } };
        ModelCheckException thrown = Assert.Throws<ModelCheckException>(() => ModelChecks.ResumeIsExact(model, training));
        Assert.Contains("is not finite", thrown.Message, StringComparison.Ordinal);
    }

    private sealed class Counting : SpoiledProgram
    {
        private int steps;

        public override void Train(Frame frame)
        {
            base.Train(frame);
            steps++;
            frame.RowLosses[0] += 1e-3f * steps;
        }
    }

    /// <summary>The same for twelve calls, the uninterrupted training's and those before the checkpoint, then another factor.</summary>
    private sealed record Calls : LearningRateSchedule
    {
        private int calls;

        public override double Factor(long step) => ++calls <= 12 ? 1 : 0.5;
    }
}
