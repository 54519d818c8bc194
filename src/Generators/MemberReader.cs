using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using ModelDsl.Compiler;
using ModelDsl.Compiler.Declarations;

namespace ModelDsl.Generators;

/// <summary>Reads the layers a class declares.</summary>
internal static class MemberReader
{
    private static readonly SymbolDisplayFormat TypeFormat = SymbolDisplayFormat.FullyQualifiedFormat.WithMiscellaneousOptions(
        SymbolDisplayMiscellaneousOptions.EscapeKeywordIdentifiers
        | SymbolDisplayMiscellaneousOptions.UseSpecialTypes
        | SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    /// <summary>The properties of a class that declare layers, in order of declaration.</summary>
    public static IEnumerable<IPropertySymbol> Layers(INamedTypeSymbol type)
    {
        IEnumerable<IPropertySymbol> properties = type.GetMembers().OfType<IPropertySymbol>();
        return type.DeclaringSyntaxReferences.IsEmpty ? DeclaredLayers(type, properties) : properties.Where(IsLayer);
    }

    /// <summary>Reads one of <see cref="Layers"/>.</summary>
    public static MemberDeclaration Read(IPropertySymbol property)
    {
        PropertyDeclarationSyntax? syntax = Syntax(property);
        bool resolved = true;
        List<AttributeDeclaration> attributes = [];
        foreach (AttributeData attribute in property.GetAttributes())
        {
            resolved &= attribute.AttributeClass is { TypeKind: not TypeKind.Error };
            if (KnownNames.AttributeName(attribute.AttributeClass) is { } name) attributes.Add(AttributeReader.Read(attribute, name, ref resolved));
        }

        bool typeResolved = !ContainsError(property.Type);
        return new MemberDeclaration(
            property.Name,
            property.Type.TypeKind == TypeKind.Error && syntax is not null ? syntax.Type.ToString() : property.Type.ToDisplayString(TypeFormat),
            typeResolved ? TypeName(WithoutNull(property.Type)) : "",
            syntax is null ? SyntaxFacts.GetText(property.DeclaredAccessibility) : Modifiers(syntax),
            property.DeclaringSyntaxReferences.IsEmpty || IsImplementable(property),
            BlockOf(property.Type) is { } block ? DeclarationReader.FullName(block) : null,
            attributes.ToEquatableArray(),
            !(resolved && typeResolved));
    }

    /// <summary>The <c>[Block]</c> class that a property's type is or stacks, or null.</summary>
    public static INamedTypeSymbol? BlockOf(ITypeSymbol type)
    {
        ITypeSymbol plain = WithoutNull(type), candidate = IsStack(plain) ? ((INamedTypeSymbol)plain).TypeArguments[0] : plain;
        return candidate is INamedTypeSymbol { TypeKind: TypeKind.Class } named && KnownNames.IsBlock(named) ? named : null;
    }

    // A stack that may be null is meant as one: the rule about its type says so.
    private static ITypeSymbol WithoutNull(ITypeSymbol type)
        => type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T, TypeArguments: [var inner] } && IsStack(inner) ? inner : type;

    private static bool IsStack(ITypeSymbol type) => type is INamedTypeSymbol { Name: "BlockStack", TypeArguments.Length: 1 } && KnownNames.IsOfDsl(type);

    // An attribute of ours makes a layer of any property, so that a wrong one is reported; without one, the form and the type do. Where just
    // 'partial' was forgotten, an automatic property is meant: nothing could ever set it.
    private static bool IsLayer(IPropertySymbol property)
        => property.GetAttributes().Any(static attribute => KnownNames.AttributeName(attribute.AttributeClass) is not null)
            || ((BlockOf(property.Type) is not null || KnownNames.IsOfDsl(property.Type)) && (IsImplementable(property) || IsUnsettable(property)));

    private static bool IsUnsettable(IPropertySymbol property)
        => property is { IsStatic: false, IsAbstract: false, SetMethod: null, IsPartialDefinition: false }
            && Syntax(property) is { Initializer: null, AccessorList.Accessors: [{ Body: null, ExpressionBody: null }] };

    private static IEnumerable<IPropertySymbol> DeclaredLayers(INamedTypeSymbol type, IEnumerable<IPropertySymbol> properties)
    {
        if (KnownNames.Find(type, "DeclaredLayers") is not { ConstructorArguments: [{ Kind: TypedConstantKind.Array } names] }) return [];
        Dictionary<string, IPropertySymbol> byName = properties.Where(static property => !property.IsIndexer).ToDictionary(static property => property.MetadataName);
        return names.Values.Select(name => name.Value is string text && byName.TryGetValue(text, out IPropertySymbol? property) ? property : null)
            .Where(static property => property is not null)!;
    }

    private static bool IsImplementable(IPropertySymbol property)
        => property is { IsPartialDefinition: true, IsStatic: false, IsIndexer: false, GetMethod: not null, SetMethod: null, RefKind: RefKind.None }
            && (property.PartialImplementationPart is not { } implementation
                || implementation.DeclaringSyntaxReferences.All(static reference => KnownNames.IsGenerated(reference.SyntaxTree)));

    private static string TypeName(ITypeSymbol type)
        => KnownNames.IsOfDsl(type) ? type.Name : type is INamedTypeSymbol named ? DeclarationReader.FullName(named) : type.ToDisplayString();

    private static bool ContainsError(ITypeSymbol type) => type switch
    {
        { TypeKind: TypeKind.Error } => true,
        INamedTypeSymbol named => named.TypeArguments.Any(ContainsError),
        IArrayTypeSymbol array => ContainsError(array.ElementType),
        _ => false,
    };

    private static PropertyDeclarationSyntax? Syntax(IPropertySymbol property)
        => property.DeclaringSyntaxReferences.Select(static reference => reference.GetSyntax()).OfType<PropertyDeclarationSyntax>().FirstOrDefault();

    private static string Modifiers(PropertyDeclarationSyntax syntax)
        => string.Join(" ", syntax.Modifiers.Where(static modifier => !modifier.IsKind(SyntaxKind.PartialKeyword)).Select(static modifier => modifier.Text));
}
