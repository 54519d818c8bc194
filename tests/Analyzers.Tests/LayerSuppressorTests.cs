using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using ModelDsl.TestSupport;

namespace ModelDsl.Analyzers.Tests;

/// <summary>Which warnings of other analyzers are silenced. Two that report everywhere stand for the SDK's, which a test of the package runs.</summary>
public class LayerSuppressorTests
{
    private const string Source = """
        using ModelDsl;
        namespace Demo;

        [Model(Width = 64, Context = 32)]
        internal sealed partial class Invalid
        {
            [RmsNorm(Epsilon = 0)] private partial Norm Declared { get; }
            private partial Used Block { get; }
            private int Other => 1;
        }

        [Block]
        internal sealed partial class Used
        {
            private partial Deeper Inner { get; }
        }

        [Block]
        internal sealed partial class Deeper
        {
            [RmsNorm] private Norm Misformed { get; }
            private Norm NoLayer => Misformed;
        }

        [Block]
        internal sealed partial class OfNoModel
        {
            [RmsNorm] private partial Norm Declared { get; }
        }

        internal sealed class Ordinary
        {
            private Norm NoLayer { get; }
        }
        """;

    [Fact]
    public async Task OnlyWhatIsWrongAboutLayers()
    {
        Compilation compilation = ModelCompilation.WithGenerated(ModelCompilation.Create("Demo", [Source]));
        CompilationWithAnalyzersOptions options = new(
            new AnalyzerOptions([]), onAnalyzerException: null, concurrentAnalysis: true, logAnalyzerExecutionTime: false, reportSuppressedDiagnostics: true);
        ImmutableArray<Diagnostic> found = await new CompilationWithAnalyzers(compilation, [new EverywhereAnalyzer(), new LayerSuppressor()], options).GetAnalyzerDiagnosticsAsync();
        Assert.All(found, diagnostic => Assert.Contains(diagnostic.Id, (string[])["IDE0051", "CA1812"]));
        Assert.Equal(
            ["CA1812 Deeper", "CA1812 Invalid", "CA1812 Used", "IDE0051 Block", "IDE0051 Declared", "IDE0051 Declared", "IDE0051 Inner", "IDE0051 Misformed"],
            Names(found, isSuppressed: true));
        Assert.Equal(["CA1812 OfNoModel", "CA1812 Ordinary", "IDE0051 NoLayer", "IDE0051 NoLayer", "IDE0051 Other"], Names(found, isSuppressed: false));
    }

    private static string[] Names(IEnumerable<Diagnostic> found, bool isSuppressed) =>
    [
        .. found.Where(diagnostic => diagnostic.IsSuppressed == isSuppressed)
            .Select(diagnostic => $"{diagnostic.Id} {diagnostic.Location.SourceTree!.GetText().ToString(diagnostic.Location.SourceSpan)}")
            .Order(StringComparer.Ordinal),
    ];

#pragma warning disable RS1029, RS1036, RS1038, RS1041, RS2008 // No analyzer for users.
    [DiagnosticAnalyzer(LanguageNames.CSharp)]
    private sealed class EverywhereAnalyzer : DiagnosticAnalyzer
    {
        private static readonly DiagnosticDescriptor Property = new("IDE0051", "Unused", "Unused", "Style", DiagnosticSeverity.Warning, isEnabledByDefault: true);
        private static readonly DiagnosticDescriptor Class = new("CA1812", "Never created", "Never created", "Performance", DiagnosticSeverity.Warning, isEnabledByDefault: true);

        public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => [Property, Class];

        public override void Initialize(AnalysisContext context)
        {
            context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
            context.EnableConcurrentExecution();
            context.RegisterSymbolAction(symbol => symbol.ReportDiagnostic(Diagnostic.Create(Property, symbol.Symbol.Locations[0])), SymbolKind.Property);
            context.RegisterSymbolAction(symbol => symbol.ReportDiagnostic(Diagnostic.Create(Class, symbol.Symbol.Locations[0])), SymbolKind.NamedType);
        }
    }
#pragma warning restore RS1029, RS1036, RS1038, RS1041, RS2008
}
