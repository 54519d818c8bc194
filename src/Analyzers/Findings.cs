using Microsoft.CodeAnalysis;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Generators;

namespace ModelDsl.Analyzers;

/// <summary>Reports findings inside one class.</summary>
internal sealed class Findings(Action<Diagnostic> report, INamedTypeSymbol type)
{
    private readonly HashSet<(string Id, Location Location, string Message)> reported = [];

    /// <summary>Reports a finding where it belongs.</summary>
    /// <param name="error">A finding of the class itself.</param>
    /// <param name="suffix">What to add to its message.</param>
    public void Report(ModelError error, string suffix = "") => Report(error, error.Target, suffix);

    /// <summary>Reports a finding of another class at a place of this one.</summary>
    public void Report(ModelError error, DeclarationTarget place, string suffix)
    {
        DiagnosticRule rule = DiagnosticCatalogue.Find(error.Id);
        if (rule.Severity == RuleSeverity.Silent) return;
        Location location = DiagnosticLocator.Locate(type, place);
        string message = rule.Format(error) + suffix;
        if (reported.Add((rule.Id, location, message))) report(Diagnostic.Create(Descriptors.Of(rule), location, message));
    }
}
