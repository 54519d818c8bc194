using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using ModelDsl.TestSupport;

namespace ModelDsl.Analyzers.Tests;

/// <summary>What is reported on sources.</summary>
/// <param name="Reported">By the analyzer, suggestions apart: what keeps the sources from being compiled.</param>
/// <param name="Suggested">By the analyzer, as suggestions.</param>
/// <param name="OfGenerator">By the generator.</param>
/// <param name="Output">The sources and the generated files.</param>
internal sealed record Examined(ImmutableArray<Diagnostic> Reported, ImmutableArray<Diagnostic> Suggested, ImmutableArray<Diagnostic> OfGenerator, Compilation Output)
{
    /// <summary>By the analyzer, suggestions included.</summary>
    public IEnumerable<Diagnostic> Shown => Reported.Concat(Suggested);

    /// <summary>By C#: warnings and errors.</summary>
    public IReadOnlyList<Diagnostic> OfCSharp => [.. Output.GetDiagnostics().Where(ModelCompilation.IsProblem)];
}
