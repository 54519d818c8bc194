namespace ModelDsl.Runtime.Tests.Training;

public sealed class LanguageModelTests
{
    private static readonly string Text = string.Concat(Enumerable.Range(0, 400).Select(i => $"{i} green bottles hanging on the wall, "));

    [Fact]
    public void Any_model_trains_on_text_stops_and_goes_on_exactly()
    {
        using TemporaryFolder folder = new();
        (double loss, float[] weights) = Train<BigramModel>(folder, stop: null);
        Assert.InRange(loss, 0.5, 0.6 * Math.Log(256));
        (double again, float[] resumed) = Train<BigramModel>(folder, stop: 77);
        Assert.Equal(loss, again);
        Assert.Equal(weights, resumed);
    }

    private static (double Loss, float[] Weights) Train<TModel>(TemporaryFolder folder, long? stop) where TModel : ILanguageModel<TModel>
    {
        string path = folder["checkpoint.safetensors"];
        TrainerOptions options = new() { Batch = 4, Sequence = TModel.Card.Context, Optimizer = new AdamW { LearningRate = 0.05 } };
        (TokenSource training, TokenSource validation) = TokenBuffer.FromText(Text, ByteTokenizer.Instance).Split(0.1);
        TokenBatches Batches() => new(training, options.Batch, TModel.Card.Context, seed: 3);
        if (stop is not null)
        {
            using TModel first = TModel.Create(seed: 1);
            using Trainer before = first.CreateTrainer(options);
            before.Run(Batches(), new RunOptions { Steps = stop, CheckpointPath = path });
        }

        using TModel model = stop is null ? TModel.Create(seed: 1) : TModel.Load(path);
        using Trainer trainer = model.CreateTrainer(options);
        TokenBatches batches = Batches();
        if (stop is not null) trainer.LoadCheckpoint(path, batches);
        trainer.Run(batches, new RunOptions { Steps = 200 });
        Evaluation evaluation = trainer.Evaluate(new TokenBatches(validation, 4, TModel.Card.Context, shuffle: false), 8);
        return (evaluation.Loss, model.Parameters["Table.Weight"].Values.ToArray());
    }
}
