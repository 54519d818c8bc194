using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using ModelDsl.TestSupport;

namespace ModelDsl.Analyzers.Tests;

/// <summary>
/// A document with code. Its C# fences together are one program; a comment <c>&lt;!-- given: … --&gt;</c> above a fence holds statements and types that the text need not show,
/// <c>&lt;!-- wrong --&gt;</c> marks code by itself whose diagnostics the next text fence lists, <c>&lt;!-- generated --&gt;</c> an excerpt of what is generated.
/// </summary>
internal sealed partial record Document(string Program, bool HasStatements, IReadOnlyList<(string Code, string Messages)> Wrong, IReadOnlyList<string> Generated)
{
    /// <summary>The documents for users, by path from the root.</summary>
    public static IEnumerable<string> Paths => Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md")
        .Concat(Directory.EnumerateFiles(Path.Combine(Root, "docs/layers"), "*.md"))
        .Append(Path.Combine(Root, "README.md"))
        .Select(path => Path.GetRelativePath(Root, path))
        .Order(StringComparer.Ordinal);

    private static string Root { get; } = Path.GetFullPath(Path.Combine(Here(), "../../.."));

    /// <summary>Reads a document.</summary>
    public static Document Read(string path)
    {
        List<string> usings = [], statements = [], types = [], generated = [];
        List<(string, string)> wrong = [];
        foreach (Match match in Fence().Matches(File.ReadAllText(Path.Combine(Root, path)).ReplaceLineEndings("\n")))
        {
            string mark = match.Groups["mark"].Value.Trim(), code = match.Groups["code"].Value;
            if (mark == "generated")
            {
                generated.Add(code);
            }
            else if (mark == "wrong")
            {
                wrong.Add((code, match.Groups["text"].Value));
            }
            else
            {
                foreach (string text in mark.StartsWith("given:", StringComparison.Ordinal) ? [mark["given:".Length..], code] : (string[])[code])
                {
                    CompilationUnitSyntax unit = (CompilationUnitSyntax)ModelCompilation.Parse(text, path).GetRoot();
                    usings.AddRange(unit.Usings.Select(directive => directive.ToFullString()));
                    foreach (MemberDeclarationSyntax member in unit.Members) (member is GlobalStatementSyntax ? statements : types).Add(member.ToFullString());
                }
            }
        }

        return new Document(string.Join("\n", usings.Distinct().Concat(statements).Concat(types)), statements.Count > 0, wrong, generated);
    }

    [GeneratedRegex("(<!-- (?<mark>(given:|wrong|generated).*?)-->\n)?^```csharp\n(?<code>.*?)^```$(\n\n^```text\n(?<text>.*?)^```$)?", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Fence();

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
