using Microsoft.CodeAnalysis;
using ModelDsl.Compiler;
using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Generators;

namespace ModelDsl.Analyzers;

/// <summary>What is reported in a block's class: its own broken rules or hints, and those that come of the models that use it, which are named.</summary>
internal static class BlockFindings
{
    public static void Report(Findings findings, INamedTypeSymbol type, ModelIndex models, CancellationToken cancellation)
    {
        BlockDeclaration block = DeclarationReader.ReadBlock(type);
        EquatableArray<ModelError> own = ModelCompiler.Inspect(block, DeclarationReader.Reachable(type, cancellation));
        foreach (ModelError error in own) findings.Report(error);

        Dictionary<ModelError, List<string>> joined = [];
        List<ModelError> order = [];
        foreach (INamedTypeSymbol user in models.Models)
        {
            if (!DeclarationReader.ReachableSymbols(user, cancellation).Contains(type, SymbolEqualityComparer.Default)) continue;
            foreach (ModelError error in models.Inspect(DeclarationReader.ReadModel(user, cancellation)))
            {
                if (error.Target.Type != block.Type.FullName || own.Contains(error)) continue;
                if (!joined.TryGetValue(error, out List<string>? names))
                {
                    joined.Add(error, names = []);
                    order.Add(error);
                }

                if (!names.Contains(user.Name)) names.Add(user.Name);
            }
        }

        foreach (ModelError error in order) findings.Report(error, $" (in {string.Join(", ", joined[error].Select(static name => "'" + name + "'"))})");
    }
}
