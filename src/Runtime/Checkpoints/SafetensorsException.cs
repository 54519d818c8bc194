namespace ModelDsl;

/// <summary>A safetensors file is malformed, or holds something else than was asked of it. The message names the file, the place, the numbers and a remedy.</summary>
public class SafetensorsException : IOException
{
    /// <summary>Creates an exception.</summary>
    public SafetensorsException() { }

    /// <summary>Creates an exception.</summary>
    public SafetensorsException(string message) : base(message) { }

    /// <summary>Creates an exception.</summary>
    public SafetensorsException(string message, Exception? innerException) : base(message, innerException) { }

    /// <summary>Creates an exception about a place in a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="position">The byte in the file at which the fault was found.</param>
    /// <param name="fault">What is wrong, with the numbers.</param>
    /// <param name="remedy">What to do about it.</param>
    /// <param name="innerException">The cause, if any.</param>
    public SafetensorsException(string path, long position, string fault, string remedy, Exception? innerException = null)
        : base($"'{path}', byte {position}: {fault} {remedy}", innerException)
    {
        Path = path;
        Position = position;
    }

    /// <summary>The file, where the error is about one.</summary>
    public string? Path { get; internal init; }

    /// <summary>The byte in the file at which the fault was found, where there is such a place.</summary>
    public long? Position { get; }
}
