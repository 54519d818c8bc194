namespace ModelDsl;

/// <summary>Where a training run gets its batches from, with a position that a checkpoint keeps.</summary>
public interface IBatchSource
{
    /// <summary>Sequences of a batch.</summary>
    int Batch { get; }

    /// <summary>Positions of each sequence.</summary>
    int Time { get; }

    /// <summary>Fills the next batch.</summary>
    /// <param name="inputs">Batch · time token ids, sequence after sequence.</param>
    /// <param name="targets">As many: the token that follows each input; negative where it is not counted.</param>
    void Next(Span<int> inputs, Span<int> targets);

    /// <summary>The position as text.</summary>
    string SavePosition();

    /// <summary>Goes to a saved position: the batches from there on are those of an uninterrupted run.</summary>
    /// <exception cref="InvalidDataException">It is no position, or of other data or settings.</exception>
    void RestorePosition(string saved);
}
