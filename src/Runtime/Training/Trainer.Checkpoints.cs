using ModelDsl.Checkpoints;

namespace ModelDsl;

public sealed partial class Trainer
{
    /// <summary>Steps, updates, tokens and random state so far.</summary>
    public TrainingState State => new()
    {
        Step = CurrentStep,
        Updates = updates,
        Tokens = totalTokens,
        Optimizer = Options.Optimizer.GetType().Name,
        Random = Random.State,
    };

    /// <summary>
    /// Writes everything that is needed to go on: parameters, optimiser slots, step, random state and data position, as one
    /// safetensors file that the model's Load reads, too. Whole or not at all: to a temporary file that is flushed and renamed.
    /// </summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="source">The source of batches, whose position is to be kept.</param>
    /// <exception cref="IOException">The file cannot be written; an existing one is unchanged.</exception>
    public void SaveCheckpoint(string path, IBatchSource? source = null)
    {
        SafetensorsWriter writer = new();
        (State with { DataPosition = source?.SavePosition() }).Write(writer.Metadata);
        Checkpoint.Add(writer, model.Plan, model.ParameterArena.Data, Slots());
        writer.Save(path);
        GC.KeepAlive(this);
    }

    /// <summary>
    /// Goes on from a file of <see cref="SaveCheckpoint"/>: k steps, saving, loading and n - k steps give bit for bit what n steps
    /// give, with the same options and batches. A file that does not fit changes nothing.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="source">The source of batches, to be put at the position it had.</param>
    /// <returns>What was restored.</returns>
    /// <exception cref="CheckpointException">The file is of another model or optimiser, or has no training state.</exception>
    /// <exception cref="SafetensorsException">The file is malformed.</exception>
    /// <exception cref="InvalidDataException">The file has no data position for the source, or one of other data.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public TrainingState LoadCheckpoint(string path, IBatchSource? source = null)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        TrainingState state = TrainingState.Read(path, file.Metadata);
        string optimizer = Options.Optimizer.GetType().Name;
        if (state.Optimizer != optimizer)
            throw new CheckpointException($"'{path}' was saved by the optimiser {state.Optimizer}, this trainer uses {optimizer}: their states do not fit each other.");
        if (source is not null && state.DataPosition is null)
            throw new InvalidDataException($"'{path}' was saved without a data position: the batches after it are not known. Load it without a source and place the source yourself.");
        string? before = source?.SavePosition();
        try
        {
            source?.RestorePosition(state.DataPosition!);
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"'{path}' does not fit the source of batches. {exception.Message} Or load it without the source, and place the source yourself.", exception);
        }

        try
        {
            Checkpoint.Load(file, model.Plan, model.ParameterArena.Data, Slots());
        }
        catch
        {
            source?.RestorePosition(before!);
            throw;
        }

        CurrentStep = state.Step;
        updates = state.Updates;
        totalTokens = state.Tokens;
        Random.State = state.Random;
        GC.KeepAlive(this);
        return state;
    }

    private CheckpointSlot[] Slots() => [.. slots.Select((slot, i) => new CheckpointSlot(Options.Optimizer.Slots[i], slot.Data))];
}
