using System.Text;
using System.Xml;
using ModelDsl.Data;
using ModelDsl.Files;

namespace ModelDsl;

/// <summary>
/// Text to train on: a file, a folder of text files, or the .NET API documentation that ships with every SDK. The order of files is fixed, so
/// the same files always give the same text.
/// </summary>
public sealed class Corpus
{
    private const int Inspected = 1 << 16;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private Corpus(string name, IReadOnlyList<string> files, IReadOnlyList<string>? skipped = null)
    {
        Name = name;
        Files = files;
        Skipped = skipped ?? [];
        Bytes = files.Sum(file => new FileInfo(file).Length);
    }

    /// <summary>What it is, for people.</summary>
    public string Name { get; }

    /// <summary>The files, in the order in which they are read.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Files of the folder that are not text, each with its path and what keeps it from being text; hidden ones are not looked at.</summary>
    public IReadOnlyList<string> Skipped { get; }

    /// <summary>Bytes of the files; markup of documentation included, which is not part of the text.</summary>
    public long Bytes { get; }

    /// <summary>The English API documentation of the installed .NET SDK, as text without markup.</summary>
    /// <exception cref="DirectoryNotFoundException">No SDK with documentation was found; the message lists where it was looked for.</exception>
    public static Corpus DotNetDocumentation() => DotNetDocumentation([.. SdkDocumentation.Roots()]);

    /// <summary>
    /// A text file, or all text files of a folder and its subfolders. XML documentation files are read as text without markup. In a folder,
    /// hidden files are passed over, and so is what is not text, which <see cref="Skipped"/> lists: empty and binary files, FIFOs, sockets and devices.
    /// </summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <exception cref="FileNotFoundException">There is no such file or folder.</exception>
    /// <exception cref="InvalidDataException">It is empty, or it is not text.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static Corpus FromPath(string path, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (File.Exists(path))
        {
            if (Inspect(path) is { } fault) throw new InvalidDataException($"The corpus '{path}' {fault}.");
            return new Corpus(path, [path]);
        }

        if (!Directory.Exists(path)) throw new FileNotFoundException($"The corpus '{path}' does not exist: neither a file nor a folder has this name.", path);
        EnumerationOptions options = new() { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System | FileAttributes.ReparsePoint };
        List<string> files = [], skipped = [];
        foreach (string file in Directory.EnumerateFiles(path, "*", options))
        {
            cancellation.ThrowIfCancellationRequested();
            if (InspectOneOfMany(file) is { } fault) skipped.Add($"'{file}' {fault}");
            else files.Add(file);
        }

        if (files.Count == 0)
        {
            throw new InvalidDataException(skipped.Count == 0
                ? $"The corpus folder '{path}' is empty."
                : $"None of the {skipped.Count} files in the corpus folder '{path}' is text: they are empty, binary or not UTF-8. The first: {skipped.Order(StringComparer.Ordinal).First()}.");
        }

        return new Corpus(path, [.. files.OrderBy(file => Path.GetRelativePath(path, file).Replace('\\', '/'), StringComparer.Ordinal)], [.. skipped.Order(StringComparer.Ordinal)]);
    }

    /// <summary>Opens the texts one after the other; whoever enumerates disposes each reader.</summary>
    /// <exception cref="IOException">A file cannot be read any more.</exception>
    /// <exception cref="InvalidDataException">A documentation file is not well-formed; or, when a reader comes to it, a file has bytes that are no text.</exception>
    public IEnumerable<TextReader> Open() => Files.Select(OpenFile);

    internal static Corpus DotNetDocumentation(IReadOnlyList<string> roots)
    {
        string[] files = SdkDocumentation.Find(roots);
        return files.Length > 0
            ? new Corpus("the API documentation of the .NET SDK", files)
            : throw new DirectoryNotFoundException($"No .NET API documentation (packs/*/*/ref/net*/*.xml) was found under any of: {string.Join(", ", roots)}. Install the .NET SDK, set DOTNET_ROOT to it, or name a text file or folder as the corpus.");
    }

    private static TextReader OpenFile(string path)
    {
        StreamReader reader = StrictText.Open(path);
        if (!path.EndsWith(".xml", StringComparison.OrdinalIgnoreCase)) return reader;
        using (reader)
        {
            string whole = reader.ReadToEnd();
            if (!DocumentationText.IsDocumentation(whole)) return new StringReader(whole);
            try
            {
                return new StringReader(DocumentationText.Convert(new StringReader(whole)));
            }
            catch (XmlException exception)
            {
                throw new InvalidDataException($"The documentation file '{path}' is not well-formed XML: {exception.Message}", exception);
            }
        }
    }

    // A file that has just gone or cannot be read does not spoil the others.
    private static string? InspectOneOfMany(string path)
    {
        try
        {
            return Inspect(path);
        }
        catch (IOException exception)
        {
            return $"cannot be read: {exception.Message.TrimEnd('.')}";
        }
    }

    // What keeps a file from being text, judged by its beginning; null when nothing does.
    private static string? Inspect(string path)
    {
        // Asked before opening, which would wait for the other end of a FIFO.
        if (FileSystem.Special(path) is { } kind) return $"is {kind}, not a regular file (copy its text to one)";
        byte[] bytes = new byte[Inspected];
        int count;
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        }
        catch (UnauthorizedAccessException)
        {
            return "may not be read";
        }

        if (count == 0) return "is empty";
        ReadOnlySpan<byte> text = bytes.AsSpan(0, count);
        if (text.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || text.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])) return null; // UTF-16 with its mark
        int zero = text.IndexOf((byte)0);
        if (zero >= 0) return $"is binary: byte {zero} is 0";
        try
        {
            // A character may be cut at the end of what was read, so the decoder is not flushed unless this is all there is.
            Strict.GetDecoder().GetCharCount(bytes, 0, count, flush: count < bytes.Length);
            return null;
        }
        catch (DecoderFallbackException exception)
        {
            return $"is not UTF-8 text: see byte {exception.Index} (convert it first)";
        }
    }
}
