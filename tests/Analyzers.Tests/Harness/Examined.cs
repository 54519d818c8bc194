using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using ModelDsl.TestSupport;

namespace ModelDsl.Analyzers.Tests;

/// <summary>What is reported on sources.</summary>
/// <param name="Reported">By the analyzer.</param>
/// <param name="OfGenerator">By the generator.</param>
/// <param name="Output">The sources and the generated files.</param>
internal sealed record Examined(ImmutableArray<Diagnostic> Reported, ImmutableArray<Diagnostic> OfGenerator, Compilation Output)
{
    /// <summary>By C#: warnings and errors.</summary>
    public IReadOnlyList<Diagnostic> OfCSharp => [.. Output.GetDiagnostics().Where(ModelCompilation.IsProblem)];
}
