using System.Globalization;

namespace ModelDsl;

/// <summary>What a trainer must remember to go on as if it had not been interrupted, besides parameters and optimiser slots.</summary>
public sealed record TrainingState
{
    private const string Prefix = "modeldsl.training.";

    /// <summary>Steps taken.</summary>
    public required long Step { get; init; }

    /// <summary>Updates of the parameters: steps without those that were skipped because something was not finite.</summary>
    public required long Updates { get; init; }

    /// <summary>Input tokens trained on.</summary>
    public required long Tokens { get; init; }

    /// <summary>The optimiser's name.</summary>
    public required string Optimizer { get; init; }

    /// <summary>State of <see cref="Trainer.Random"/>.</summary>
    public required RandomState Random { get; init; }

    /// <summary>Position of the batch source, where one was given.</summary>
    public string? DataPosition { get; init; }

    internal void Write(IDictionary<string, string> metadata)
    {
        metadata[Prefix + "step"] = Step.ToString(CultureInfo.InvariantCulture);
        metadata[Prefix + "updates"] = Updates.ToString(CultureInfo.InvariantCulture);
        metadata[Prefix + "tokens"] = Tokens.ToString(CultureInfo.InvariantCulture);
        metadata[Prefix + "optimizer"] = Optimizer;
        metadata[Prefix + "random"] = Random.ToString();
        if (DataPosition is not null) metadata[Prefix + "data"] = DataPosition;
    }

    internal static TrainingState Read(string path, IReadOnlyDictionary<string, string> metadata)
    {
        if (!metadata.ContainsKey(Prefix + "step"))
            throw new CheckpointException($"'{path}' holds a model without the state of a training. Load the model from it and train from its first step, or resume from a file of Trainer.SaveCheckpoint.");
        try
        {
            return new TrainingState
            {
                Step = Number("step"),
                Updates = Number("updates"),
                Tokens = Number("tokens"),
                Optimizer = Text("optimizer"),
                Random = RandomState.Parse(Text("random")),
                DataPosition = metadata.GetValueOrDefault(Prefix + "data"),
            };
        }
        catch (FormatException exception)
        {
            throw new CheckpointException($"The training state of '{path}' is damaged: {exception.Message}", exception);
        }

        string Text(string key) => metadata.TryGetValue(Prefix + key, out string? value) ? value : throw new FormatException($"'{Prefix}{key}' is missing.");

        long Number(string key) => long.TryParse(Text(key), NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new FormatException($"'{Prefix}{key}' is '{Text(key)}', not a count.");
    }
}
