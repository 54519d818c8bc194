using Microsoft.CodeAnalysis;
using ModelDsl.Generators;

namespace ModelDsl.CodeFixes.Edits;

/// <summary>Classes made models or blocks.</summary>
internal static class MarkEdits
{
    private const string Block = "Block";
    private const string Model = "Model(Width = 256, Context = 256)";

    /// <summary>Makes the target's class a model or a block: a model first where it has an end of one.</summary>
    public static IEnumerable<Fix> MarkOwnClass(FixTarget target)
    {
        bool hasEnd = target.Type.GetMembers().Any(static member => KnownNames.Find(member, "Embedding") is not null || KnownNames.Find(member, "LanguageHead") is not null);
        return (hasEnd ? new[] { Model } : [Block, Model]).SelectMany(attribute => Mark(target, target.Type, attribute));
    }

    /// <summary>Makes the class that the target's property stacks a block.</summary>
    public static IEnumerable<Fix> MarkStackedClass(FixTarget target)
        => target.Property is { } property && target.Model.GetTypeInfo(property.Type).Type is INamedTypeSymbol { TypeArguments: [INamedTypeSymbol stacked] }
            && SymbolEqualityComparer.Default.Equals(stacked.ContainingAssembly, target.Type.ContainingAssembly) && !KnownNames.IsModel(stacked)
            ? Mark(target, stacked, Block)
            : [];

    private static IEnumerable<Fix> Mark(FixTarget target, INamedTypeSymbol type, string attribute)
    {
        if (type is not { TypeKind: TypeKind.Class, IsRecord: false, IsStatic: false, IsAbstract: false, IsGenericType: false }) return [];
        if (FixTarget.Parts(type).FirstOrDefault() is not { } part) return [];
        string text = $"[{target.AttributeText(attribute, part)}]";
        MemberStyle style = MemberStyle.Of(part);
        TextEdit mark = TextEdit.Insert(part.SyntaxTree, part.SpanStart, text + (MemberStyle.StartsLine(part) ? style.NewLine + style.Indent : " "));
        return [new Fix($"Make '{type.Name}' a [{attribute}]", [mark, .. ModifierEdits.Partial(type)])];
    }
}
