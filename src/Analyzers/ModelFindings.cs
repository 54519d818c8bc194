using Microsoft.CodeAnalysis;
using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Generators;

namespace ModelDsl.Analyzers;

/// <summary>What is reported in a model's class: its own broken rules, and at the layer that leads there those that a block breaks in it. Hints about a block show in the block only.</summary>
internal static class ModelFindings
{
    public static void Report(Findings findings, INamedTypeSymbol type, ModelIndex models, CancellationToken cancellation)
    {
        ModelDeclaration model = DeclarationReader.ReadModel(type, cancellation);
        HashSet<ModelError> local = BlocksOwn(model, type, cancellation);
        foreach (ModelError error in models.Inspect(model))
        {
            if (error.Target.Type == model.Type.FullName)
            {
                findings.Report(error);
            }
            else if (!local.Contains(error) && DiagnosticCatalogue.Find(error.Id).Severity != RuleSeverity.Suggestion)
            {
                string place = error.Target.Member is { } member ? Short(error.Target.Type) + "." + member : Short(error.Target.Type);
                DeclarationTarget layer = new(model.Type.FullName, LayerTo(model, error.Target.Type));
                INamedTypeSymbol? declaring = DeclarationReader.ReachableSymbols(type, cancellation).FirstOrDefault(block
                    => DeclarationReader.FullName(block) == error.Target.Type && SymbolEqualityComparer.Default.Equals(block.ContainingAssembly, type.ContainingAssembly));
                findings.Report(error, layer, $" (in '{place}', reached from here)", declaring);
            }
        }
    }

    // What is wrong with a block by itself shows in the block, if it is in this compilation, and there only.
    private static HashSet<ModelError> BlocksOwn(ModelDeclaration model, INamedTypeSymbol type, CancellationToken cancellation)
    {
        HashSet<string> inSource = new(
            DeclarationReader.ReachableSymbols(type, cancellation).Where(static block => !block.DeclaringSyntaxReferences.IsEmpty).Select(DeclarationReader.FullName),
            StringComparer.Ordinal);
        return [.. model.Blocks.Where(block => inSource.Contains(block.Type.FullName)).SelectMany(block => DeclarationChecks.Check(block, model.Blocks))];
    }

    private static string? LayerTo(ModelDeclaration model, string block)
        => model.Members.FirstOrDefault(member => member.BlockName is { } name && Reaches(model, name, block, []))?.Name;

    private static bool Reaches(ModelDeclaration model, string from, string to, HashSet<string> seen)
        => from == to
            || (seen.Add(from) && model.Block(from) is { } block
                && block.Members.Any(member => member.BlockName is { } name && Reaches(model, name, to, seen)));

    private static string Short(string type) => type.Substring(type.LastIndexOf('.') + 1);
}
