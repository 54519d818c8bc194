using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;

namespace ModelDsl.TestSupport;

/// <summary>
/// Compares text with a file beside the test: <c>Class.Method.verified.cs</c>. What differs is written as <c>.received.cs</c>; with the
/// environment variable <c>SNAPSHOT_ACCEPT=1</c> it becomes the verified file. The file conventions are Verify's.
/// </summary>
internal static class Snapshot
{
    private const int ContextLines = 2;

    /// <summary>Compares.</summary>
    /// <param name="text">What the test got.</param>
    /// <param name="extension">The files' extension.</param>
    /// <param name="part">Tells several snapshots of one test apart.</param>
    /// <param name="method">The test.</param>
    /// <param name="file">The test's file, named after its class.</param>
    public static void Match(string text, string extension = "cs", string part = "", [CallerMemberName] string method = "", [CallerFilePath] string file = "")
    {
        string name = Path.GetFileNameWithoutExtension(file) + "." + method + (part.Length == 0 ? "" : "." + part);
        string stem = Path.Combine(Path.GetDirectoryName(file)!, name);
        string verified = stem + ".verified." + extension;
        string received = stem + ".received." + extension;
        string expected = File.Exists(verified) ? File.ReadAllText(verified).Replace("\r\n", "\n", StringComparison.Ordinal) : "";
        if (expected == text)
        {
            File.Delete(received);
            return;
        }

        if (Environment.GetEnvironmentVariable("SNAPSHOT_ACCEPT") == "1")
        {
            File.WriteAllText(verified, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            File.Delete(received);
            return;
        }

        File.WriteAllText(received, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        Assert.Fail($"{Path.GetFileName(received)} differs from the verified file; SNAPSHOT_ACCEPT=1 accepts it.\n" + Difference(expected, text));
    }

    private static string Difference(string expected, string actual)
    {
        List<DiffPiece> lines = InlineDiffBuilder.Diff(expected, actual).Lines;
        StringBuilder message = new();
        int printed = -1;
        for (int index = 0; index < lines.Count; index++)
        {
            bool near = Enumerable.Range(index - ContextLines, 2 * ContextLines + 1).Any(other => other >= 0 && other < lines.Count && lines[other].Type != ChangeType.Unchanged);
            if (!near) continue;
            if (index > printed + 1) message.Append("...\n");
            printed = index;
            message.Append(lines[index].Type switch { ChangeType.Inserted => "+ ", ChangeType.Deleted => "- ", _ => "  " }).Append(lines[index].Text).Append('\n');
        }

        Debug.Assert(message.Length > 0);
        return message.ToString();
    }
}
