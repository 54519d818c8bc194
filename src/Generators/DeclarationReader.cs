using Microsoft.CodeAnalysis;
using ModelDsl.Compiler;
using ModelDsl.Compiler.Declarations;

namespace ModelDsl.Generators;

/// <summary>Reads symbols into declarations, which hold no symbol. The generator and the analyzers read through here, so they see the same.</summary>
internal static class DeclarationReader
{
    /// <summary>Reads a class with <c>[Model]</c> and every block it reaches, in this assembly or another.</summary>
    public static ModelDeclaration ReadModel(INamedTypeSymbol type, CancellationToken cancellation)
    {
        bool resolved = true;
        AttributeDeclaration attribute = KnownNames.Find(type, "Model") is { } data
            ? AttributeReader.Read(data, "Model", ref resolved)
            : new AttributeDeclaration("Model", default);
        AttributeDeclaration? budget = KnownNames.Find(type, "Budget") is { } limits ? AttributeReader.Read(limits, "Budget", ref resolved) : null;
        return new ModelDeclaration(
            ClassFormReader.Identity(type),
            attribute,
            Members(type),
            Reachable(type, cancellation),
            ClassFormReader.Form(type),
            !resolved,
            ReservedNameReader.Taken(type, ReservedNames.OfModels),
            budget);
    }

    /// <summary>Reads a class with <c>[Block]</c> by itself.</summary>
    public static BlockDeclaration ReadBlock(INamedTypeSymbol type)
        => new(ClassFormReader.Identity(type), Members(type), ClassFormReader.Form(type), ReservedNameReader.Taken(type, ReservedNames.OfBlocks));

    /// <summary>Every block a class reaches through its layers, in order of first appearance; the class itself only where it is reached.</summary>
    public static EquatableArray<BlockDeclaration> Reachable(INamedTypeSymbol type, CancellationToken cancellation)
        => ReachableSymbols(type, cancellation).Select(ReadBlock).ToEquatableArray();

    /// <summary>The classes of <see cref="Reachable"/>.</summary>
    public static IReadOnlyList<INamedTypeSymbol> ReachableSymbols(INamedTypeSymbol type, CancellationToken cancellation)
    {
        List<INamedTypeSymbol> blocks = [];
        HashSet<ISymbol> seen = new(SymbolEqualityComparer.Default);
        Queue<INamedTypeSymbol> pending = new([type]);
        while (pending.Count > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (IPropertySymbol property in MemberReader.Layers(pending.Dequeue()))
            {
                if (MemberReader.BlockOf(property.Type) is not { } block || !seen.Add(block)) continue;
                blocks.Add(block);
                pending.Enqueue(block);
            }
        }

        return blocks;
    }

    /// <summary>The name that <see cref="TypeIdentity.FullName"/> gives a class.</summary>
    public static string FullName(INamedTypeSymbol type) => ClassFormReader.Identity(type).FullName;

    private static EquatableArray<MemberDeclaration> Members(INamedTypeSymbol type)
        => MemberReader.Layers(type).Select(MemberReader.Read).ToEquatableArray();
}
