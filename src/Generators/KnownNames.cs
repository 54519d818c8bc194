using Microsoft.CodeAnalysis;

namespace ModelDsl.Generators;

/// <summary>Names of the DSL as Roslyn sees them, and questions about symbols that they answer.</summary>
internal static class KnownNames
{
    public const string Namespace = "ModelDsl";
    public const string Model = "ModelDsl.ModelAttribute";
    public const string Block = "ModelDsl.BlockAttribute";

    private const string Suffix = "Attribute";

    /// <summary>Whether a type stands directly in namespace ModelDsl.</summary>
    public static bool IsOfDsl(ITypeSymbol? type)
        => type is { ContainingType: null, ContainingNamespace: { Name: Namespace, ContainingNamespace.IsGlobalNamespace: true } };

    /// <summary>Name of an attribute class of the DSL without the suffix, or null for any other class.</summary>
    public static string? AttributeName(INamedTypeSymbol? attribute)
        => attribute is not null && IsOfDsl(attribute) && attribute.Name.EndsWith(Suffix, StringComparison.Ordinal)
            ? attribute.Name.Substring(0, attribute.Name.Length - Suffix.Length)
            : null;

    /// <summary>The first attribute of that name (without suffix) on a symbol, or null.</summary>
    public static AttributeData? Find(ISymbol symbol, string name)
    {
        foreach (AttributeData attribute in symbol.GetAttributes())
        {
            if (AttributeName(attribute.AttributeClass) == name) return attribute;
        }

        return null;
    }

    /// <summary>Whether the class carries <c>[Model]</c>.</summary>
    public static bool IsModel(ITypeSymbol type) => Find(type, "Model") is not null;

    /// <summary>Whether the class carries <c>[Block]</c>.</summary>
    public static bool IsBlock(ITypeSymbol type) => Find(type, "Block") is not null;

    /// <summary>Whether a syntax tree was written by our generator: its parts of a class are no part of the declaration.</summary>
    public static bool IsGenerated(SyntaxTree tree) => tree.FilePath.IndexOf(typeof(ModelGenerator).FullName, StringComparison.Ordinal) >= 0;
}
