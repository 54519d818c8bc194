using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.Analyzers.Tests;

/// <summary>A page of <c>docs/diagnostics</c>: what stands above its first heading, and its sections.</summary>
internal sealed partial record DiagnosticPage(string Head, IReadOnlyList<string> Headings, IReadOnlyList<string> Texts)
{
    /// <summary>The folder of the pages.</summary>
    public static string Folder { get; } = Path.GetFullPath(Path.Combine(Here(), "../../../docs/diagnostics"));

    /// <summary>The rules that have a page: those a user can see.</summary>
    public static IEnumerable<DiagnosticRule> Rules => DiagnosticCatalogue.All.Where(rule => rule.Severity != RuleSeverity.Silent);

    /// <summary>Text of a file in the folder.</summary>
    public static string Text(string file) => File.ReadAllText(Path.Combine(Folder, file)).ReplaceLineEndings("\n");

    /// <summary>Reads the page of an id.</summary>
    public static DiagnosticPage Read(string id)
    {
        string[] parts = Regex.Split(Text(id + ".md"), "^## ", RegexOptions.Multiline);
        string[][] sections = [.. parts.Skip(1).Select(part => part.Split('\n', 2))];
        return new DiagnosticPage(parts[0], [.. sections.Select(section => section[0])], [.. sections.Select(section => section[1])]);
    }

    /// <summary>A section's text with its code; empty where there is none.</summary>
    public string Section(string heading) => Headings.ToList().IndexOf(heading) is >= 0 and int index ? Texts[index] : "";

    /// <summary>The code of a section, each piece a file.</summary>
    public string[] Code(string heading) => [.. Fence().Matches(Section(heading)).Select(match => match.Groups[1].Value)];

    /// <summary>A section's text without its code.</summary>
    public string Prose(string heading) => Fence().Replace(Section(heading), "");

    [GeneratedRegex("^```csharp\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
