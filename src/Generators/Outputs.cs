using System.Globalization;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using ModelDsl.Compiler;
using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.Generators;

/// <summary>What leaves the pipeline: files, and the error that stops a build where no analyzer runs.</summary>
internal static class Outputs
{
    /// <summary>The classes among several that differ from another in case only: the compiler refuses such names of files.</summary>
    public static EquatableArray<string> Ambiguous(IEnumerable<string> names) => names
        .Distinct(StringComparer.Ordinal)
        .GroupBy(static name => name, StringComparer.OrdinalIgnoreCase)
        .Where(static group => group.Count() > 1)
        .SelectMany(static group => group)
        .OrderBy(static name => name, StringComparer.Ordinal)
        .ToEquatableArray();

    /// <summary>Adds files, the ambiguous ones under a name with a hash of its letters' case.</summary>
    public static void Add(SourceProductionContext output, (EquatableArray<GeneratedFile> Files, EquatableArray<string> Ambiguous) result)
    {
        foreach (GeneratedFile file in result.Files)
        {
            string name = result.Ambiguous.Contains(file.Type) ? (file with { Content = file.Content + "." + Hash(file.Type) }).Name : file.Name;
            output.AddSource(name, SourceText.From(file.Text, Encoding.UTF8));
        }
    }

    /// <summary>
    /// Reports one error for an invalid class. Details, locations and suppression are the analyzers' work; an internal error is reported in full,
    /// and what C# reports by itself is not repeated.
    /// </summary>
    public static void Fail(SourceProductionContext output, EquatableArray<ModelError> errors)
    {
        ModelError? first = errors.FirstOrDefault(static error => DiagnosticCatalogue.Find(error.Id).Severity == RuleSeverity.Error);
        if (first is null) return;
        DiagnosticRule rule = first.Id == DiagnosticCatalogue.InternalError.Id ? DiagnosticCatalogue.InternalError : DiagnosticCatalogue.DoesNotCompile;
        string message = rule == DiagnosticCatalogue.InternalError
            ? rule.Format(first)
            : rule.Format(rule.At(first.Target, first.Target.Type, first.Id + ": " + DiagnosticCatalogue.Format(first)));
        output.ReportDiagnostic(Diagnostic.Create(Descriptors.Of(rule), Location.None, message));
    }

    // FNV-1a: string.GetHashCode differs from run to run.
    private static string Hash(string name)
    {
        uint hash = 2166136261;
        foreach (char character in name) hash = unchecked((hash ^ character) * 16777619);
        return hash.ToString("x8", CultureInfo.InvariantCulture);
    }
}
