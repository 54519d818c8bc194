namespace ModelDsl;

/// <summary>A well-formed file that does not fit the model: one exception for all tensors at fault; its message names the first few of each kind, its lists hold all.</summary>
public sealed class CheckpointException : SafetensorsException
{
    private const int MostListed = 5;

    /// <summary>Creates an exception.</summary>
    public CheckpointException() { }

    /// <summary>Creates an exception.</summary>
    public CheckpointException(string message) : base(message) { }

    /// <summary>Creates an exception.</summary>
    public CheckpointException(string message, Exception? innerException) : base(message, innerException) { }

    internal CheckpointException(string path, string headline, List<string> missing, List<string> unexpected, List<string> misshaped, string remedy)
        : base(Compose(path, headline, missing, unexpected, misshaped, remedy))
    {
        Path = path;
        Missing = missing;
        Unexpected = unexpected;
        Misshaped = misshaped;
    }

    /// <summary>What the model needs and the file lacks: name, shape, and the nearest unexpected name if any.</summary>
    public IReadOnlyList<string> Missing { get; } = [];

    /// <summary>What the file has and the model does not know.</summary>
    public IReadOnlyList<string> Unexpected { get; } = [];

    /// <summary>What both have, with different shapes or an element type that cannot be read.</summary>
    public IReadOnlyList<string> Misshaped { get; } = [];

    private static string Compose(string path, string headline, List<string> missing, List<string> unexpected, List<string> misshaped, string remedy)
    {
        List<string> lines = [$"'{path}' {headline}"];
        List("missing", missing);
        List("unexpected", unexpected);
        List("of another shape or type", misshaped);
        lines.Add(remedy);
        return string.Join('\n', lines);

        void List(string kind, List<string> items)
        {
            if (items.Count == 0) return;
            lines.Add($"  {items.Count} {kind}:");
            lines.AddRange(items.Take(MostListed).Select(item => "    " + item));
            if (items.Count > MostListed) lines.Add($"    and {items.Count - MostListed} more");
        }
    }
}
