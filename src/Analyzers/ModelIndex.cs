using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using ModelDsl.Compiler;
using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Generators;

namespace ModelDsl.Analyzers;

/// <summary>The models of a compilation and what the compiler says of each, found once for all its blocks.</summary>
internal sealed class ModelIndex(Compilation compilation, Func<ModelDeclaration, EquatableArray<ModelError>> inspect)
{
    private readonly ConcurrentDictionary<ModelDeclaration, Lazy<EquatableArray<ModelError>>> found = new();
    private readonly Lazy<IReadOnlyList<INamedTypeSymbol>> models = new(() => [.. Types(compilation.Assembly.GlobalNamespace).Where(IsModel)]);

    /// <summary>Every class with <c>[Model]</c> in the compilation's own source.</summary>
    public IReadOnlyList<INamedTypeSymbol> Models => models.Value;

    /// <summary>The broken rules of a model and its blocks, or hints; none where the compiler fails, which the generator reports.</summary>
    public EquatableArray<ModelError> Inspect(ModelDeclaration model) => found.GetOrAdd(model, model => new Lazy<EquatableArray<ModelError>>(() =>
    {
        try
        {
            return inspect(model);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return default;
        }
    })).Value;

    // Binding the attributes of every type of a project costs: only types are bound that carry an attribute with the name.
    private static bool IsModel(INamedTypeSymbol type) => type.TypeKind == TypeKind.Class
        && type.DeclaringSyntaxReferences.Any(static reference => reference.GetSyntax() is TypeDeclarationSyntax { AttributeLists.Count: > 0 })
        && KnownNames.IsModel(type);

    private static IEnumerable<INamedTypeSymbol> Types(INamespaceOrTypeSymbol container)
    {
        foreach (ISymbol member in container.GetMembers())
        {
            if (member is INamedTypeSymbol type) yield return type;
            if (member is not INamespaceOrTypeSymbol inner) continue;
            foreach (INamedTypeSymbol nested in Types(inner)) yield return nested;
        }
    }
}
