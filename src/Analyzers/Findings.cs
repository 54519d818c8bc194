using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Generators;

namespace ModelDsl.Analyzers;

/// <summary>
/// Reports findings inside one class. A diagnostic carries what code fixes need: its additional location is where the mistake stands, which is elsewhere
/// for what a block breaks in a model, and its property <see cref="Suggestions"/> what mends it.
/// </summary>
internal sealed class Findings(Action<Diagnostic> report, INamedTypeSymbol type)
{
    /// <summary>Key of the property that holds <see cref="ModelError.Suggestions"/>, a line each.</summary>
    public const string Suggestions = nameof(Suggestions);

    private readonly HashSet<(string Id, Location Location, string Message)> reported = [];

    /// <summary>Reports a finding where it belongs.</summary>
    /// <param name="error">A finding of the class itself.</param>
    /// <param name="suffix">What to add to its message.</param>
    public void Report(ModelError error, string suffix = "") => Report(error, error.Target, suffix, type);

    /// <summary>Reports a finding at a place of this class.</summary>
    /// <param name="error">The finding.</param>
    /// <param name="place">Where to report it.</param>
    /// <param name="suffix">What to add to its message.</param>
    /// <param name="declaring">The class that it is a finding of, if this compilation declares it.</param>
    public void Report(ModelError error, DeclarationTarget place, string suffix, INamedTypeSymbol? declaring)
    {
        DiagnosticRule rule = DiagnosticCatalogue.Find(error.Id);
        if (rule.Severity == RuleSeverity.Silent) return;
        Location location = DiagnosticLocator.Locate(type, place);
        string message = rule.Format(error) + suffix;
        if (!reported.Add((rule.Id, location, message))) return;
        Location[] mistake = declaring is null ? [] : [DiagnosticLocator.Locate(declaring, error.Target)];
        ImmutableDictionary<string, string?> properties = ImmutableDictionary<string, string?>.Empty.Add(Suggestions, string.Join("\n", error.Suggestions));
        report(Diagnostic.Create(Descriptors.Of(rule), location, mistake, properties, message));
    }
}
