using Microsoft.CodeAnalysis;
using ModelDsl.Compiler;
using ModelDsl.Compiler.Declarations;

namespace ModelDsl.Generators;

/// <summary>Finds what in a class would clash with the members that the generator adds.</summary>
internal static class ReservedNameReader
{
    /// <summary>The reserved names that the class itself or a member, layers apart, has; none for a class of another assembly.</summary>
    public static EquatableArray<string> Taken(INamedTypeSymbol type, IReadOnlyList<ReservedName> reserved)
    {
        if (type.DeclaringSyntaxReferences.IsEmpty) return default;
        HashSet<string> layers = new(MemberReader.Layers(type).Select(static layer => layer.Name), StringComparer.Ordinal);
        return reserved
            .Where(name => type.Name == name.Name || (!layers.Contains(name.Name) && Members(type, name.Name).Any(member => Clashes(member, name))))
            .Select(static name => name.Name)
            .ToEquatableArray();
    }

    // Hiding an inherited member would be a warning in generated code, and two meanings of one name for the user.
    private static IEnumerable<ISymbol> Members(INamedTypeSymbol type, string name) => type.GetMembers(name).Concat(ClassFormReader.Bases(type)
        .SelectMany(parent => parent.GetMembers(name))
        .Where(static member => member.DeclaredAccessibility != Accessibility.Private));

    private static bool Clashes(ISymbol member, ReservedName name)
    {
        if (member.IsImplicitlyDeclared || IsGenerated(member)) return false;
        if (name.Parameter is not { } parameter || member is not IMethodSymbol method) return true;
        return method.TypeParameters.IsEmpty && (method.Parameters.IsEmpty ? parameter.Length == 0 : method.Parameters.Length == 1 && method.Parameters[0].Type.Name == parameter);
    }

    private static bool IsGenerated(ISymbol member) => !member.DeclaringSyntaxReferences.IsEmpty
        && member.DeclaringSyntaxReferences.All(static reference => KnownNames.IsGenerated(reference.SyntaxTree));
}
