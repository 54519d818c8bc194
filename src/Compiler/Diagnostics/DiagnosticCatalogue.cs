using System.Reflection;

namespace ModelDsl.Compiler.Diagnostics;

/// <summary>
/// Every rule, by family: MDL00xx form of classes and properties, MDL01xx structure of a model, MDL1xxx sizes and shapes,
/// MDL2xxx precision, MDL3xxx bodies, MDL4xxx backends, MDL5xxx performance, MDL9xxx internal. The families are partial files of this class.
/// </summary>
internal static partial class DiagnosticCatalogue
{
    /// <summary>A defect of the compiler.</summary>
    public static readonly DiagnosticRule InternalError = new("MDL9001", "Internal error of the model compiler",
        "The model compiler failed in its stage '{0}': {1}");

    /// <summary>Reported by the generator, so that a build without analyzers does not pass.</summary>
    public static readonly DiagnosticRule DoesNotCompile = new("MDL9002", "The declaration is invalid",
        "'{0}' is invalid and got no code: {1}");

    // Lazy, because the families are initialised in no particular order.
    private static readonly Lazy<IReadOnlyList<DiagnosticRule>> Rules = new(() => typeof(DiagnosticCatalogue)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => field.GetValue(null))
        .OfType<DiagnosticRule>()
        .OrderBy(rule => rule.Id, StringComparer.Ordinal)
        .ToArray());

    private static readonly Lazy<IReadOnlyDictionary<string, DiagnosticRule>> ById = new(
        () => All.ToDictionary(rule => rule.Id, StringComparer.Ordinal));

    /// <summary>Every rule, ordered by id.</summary>
    public static IReadOnlyList<DiagnosticRule> All => Rules.Value;

    /// <summary>The rule of an id.</summary>
    public static DiagnosticRule Find(string id) => ById.Value[id];

    /// <summary>The message of a finding.</summary>
    public static string Format(ModelError error) => Find(error.Id).Format(error);
}
