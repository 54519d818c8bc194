using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using ModelDsl.Compiler;
using ModelDsl.Compiler.Declarations;

namespace ModelDsl.Generators;

/// <summary>Reads what decides whether, and how, code can be generated into a class.</summary>
internal static class ClassFormReader
{
    public static TypeIdentity Identity(INamedTypeSymbol type)
    {
        List<string> containers = [];
        for (INamedTypeSymbol? container = type.ContainingType; container is not null; container = container.ContainingType)
        {
            containers.Insert(0, "partial " + Keyword(container) + " " + container.Name);
        }

        return new TypeIdentity(
            Namespace(type.ContainingNamespace),
            type.Name,
            SyntaxFacts.GetText(type.DeclaredAccessibility),
            containers.ToEquatableArray());
    }

    /// <summary>What is wrong with a class; nothing for one of another assembly, whose own compilation checked it.</summary>
    public static ClassForm Form(INamedTypeSymbol type)
    {
        if (type.DeclaringSyntaxReferences.IsEmpty) return ClassForm.None;

        ClassForm form = ClassForm.None;
        if (!IsPartial(type)) form |= ClassForm.NotPartial;
        if (type is { IsAbstract: true, IsStatic: false }) form |= ClassForm.Abstract;
        if (type.IsStatic) form |= ClassForm.Static;
        if (type.IsRecord) form |= ClassForm.Record;
        if (type.IsFileLocal) form |= ClassForm.FileLocal;
        if (KnownNames.IsModel(type) && KnownNames.IsBlock(type)) form |= ClassForm.ModelAndBlock;
        if (type.IsGenericType) form |= ClassForm.Generic;
        if (type is { IsStatic: false, IsRecord: false }) form |= Construction(type);
        for (INamedTypeSymbol? container = type.ContainingType; container is not null; container = container.ContainingType)
        {
            if (!IsPartial(container)) form |= ClassForm.NestedInNonPartial;
            if (container.IsFileLocal) form |= ClassForm.FileLocal;
        }

        if (Files(type) > 1) form |= ClassForm.LayersInSeveralFiles;
        return form;
    }

    private static ClassForm Construction(INamedTypeSymbol type)
    {
        ClassForm form = ClassForm.None;
        if (type.InstanceConstructors.Any(static constructor => !constructor.IsImplicitlyDeclared && IsWritten(constructor))) form |= ClassForm.Constructor;
        if (Bases(type).Append(type).SelectMany(static @class => @class.GetMembers()).Any(static member => member is IPropertySymbol { IsRequired: true } or IFieldSymbol { IsRequired: true }))
            form |= ClassForm.RequiredMembers;
        if (type.BaseType is { TypeKind: TypeKind.Class } parent && (Bases(type).Any(IsDeclared) || !parent.InstanceConstructors.Any(constructor => IsCallable(constructor, type))))
            form |= ClassForm.BaseConstructor;
        return form;
    }

    /// <summary>The classes a class derives from, but for <c>object</c>.</summary>
    public static IEnumerable<INamedTypeSymbol> Bases(INamedTypeSymbol type)
    {
        for (INamedTypeSymbol? parent = type.BaseType; parent is { SpecialType: not SpecialType.System_Object }; parent = parent.BaseType) yield return parent;
    }

    private static bool IsWritten(IMethodSymbol constructor)
        => constructor.DeclaringSyntaxReferences.Any(static reference => !KnownNames.IsGenerated(reference.SyntaxTree));

    // A model or block gets one constructor, which takes its place in memory.
    private static bool IsDeclared(INamedTypeSymbol type) => KnownNames.IsModel(type) || KnownNames.IsBlock(type);

    private static bool IsCallable(IMethodSymbol constructor, INamedTypeSymbol from)
        => constructor.Parameters.All(static parameter => parameter.IsOptional || parameter.IsParams) && IsAccessible(constructor, from);

    private static bool IsAccessible(IMethodSymbol constructor, INamedTypeSymbol from) => constructor.DeclaredAccessibility switch
    {
        Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal => true,
        Accessibility.Internal or Accessibility.ProtectedAndInternal => SymbolEqualityComparer.Default.Equals(constructor.ContainingAssembly, from.ContainingAssembly)
            || constructor.ContainingAssembly.GivesAccessTo(from.ContainingAssembly),
        _ => false,
    };

    // Plain names, where a display string would escape keywords: file names are made of it too.
    private static string Namespace(INamespaceSymbol? symbol) => symbol is null or { IsGlobalNamespace: true } ? ""
        : symbol.ContainingNamespace.IsGlobalNamespace ? symbol.Name
        : Namespace(symbol.ContainingNamespace) + "." + symbol.Name;

    private static bool IsPartial(INamedTypeSymbol type) => type.DeclaringSyntaxReferences.All(static reference =>
        reference.GetSyntax() is TypeDeclarationSyntax declaration && declaration.Modifiers.Any(SyntaxKind.PartialKeyword));

    private static int Files(INamedTypeSymbol type) => MemberReader.Layers(type)
        .SelectMany(static property => property.DeclaringSyntaxReferences)
        .Select(static reference => reference.SyntaxTree)
        .Distinct()
        .Count();

    private static string Keyword(INamedTypeSymbol type) => type switch
    {
        { TypeKind: TypeKind.Interface } => "interface",
        { TypeKind: TypeKind.Struct, IsRecord: true } => "record struct",
        { TypeKind: TypeKind.Struct } => "struct",
        { IsRecord: true } => "record",
        _ => "class",
    };
}
