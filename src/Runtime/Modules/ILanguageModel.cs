namespace ModelDsl;

/// <summary>A generated model that reads token ids and ends in logits, so that it can be trained and decoded.</summary>
/// <typeparam name="TSelf">The model class.</typeparam>
public interface ILanguageModel<TSelf> : IModel<TSelf>
    where TSelf : class, ILanguageModel<TSelf>
{
    /// <summary>Makes a trainer of the model's parameters.</summary>
    Trainer CreateTrainer(TrainerOptions options);
}
