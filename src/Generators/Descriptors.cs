using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.Generators;

/// <summary>The catalogue's rules as Roslyn descriptors. A diagnostic's single argument is the whole message, which the catalogue formats.</summary>
internal static class Descriptors
{
    private static readonly ConcurrentDictionary<string, DiagnosticDescriptor> Known = new(StringComparer.Ordinal);

    /// <summary>The descriptor of a rule.</summary>
    public static DiagnosticDescriptor Of(DiagnosticRule rule) => Known.GetOrAdd(rule.Id, _ => Create(rule));

    // The generator's error must stay configurable: the compiler stops at one that is not, before any analyzer has told what is wrong and where.
    private static DiagnosticDescriptor Create(DiagnosticRule rule) => new(
        rule.Id,
        rule.Title,
        "{0}",
        rule.Category,
        rule.Severity switch
        {
            RuleSeverity.Suggestion => DiagnosticSeverity.Info,
            RuleSeverity.Warning => DiagnosticSeverity.Warning,
            RuleSeverity.Silent => DiagnosticSeverity.Hidden,
            _ => DiagnosticSeverity.Error,
        },
        isEnabledByDefault: true,
        description: rule.Message,
        helpLinkUri: HelpLinks.Of(rule.Id),
        customTags: rule.Severity == RuleSeverity.Error && rule != DiagnosticCatalogue.DoesNotCompile ? [WellKnownDiagnosticTags.NotConfigurable] : []);
}
