using ModelDsl.Compiler.Declarations;

namespace ModelDsl.Compiler.Emission;

/// <summary>Emits the partial properties of a class, which return handles to its layers.</summary>
internal static class SurfaceProperties
{
    private const string Scope = "global::ModelDsl.Programs.LayerScope";

    /// <summary>Fields of the blocks, which are made once.</summary>
    public static void WriteFields(CodeWriter writer, EquatableArray<MemberDeclaration> members)
    {
        foreach (MemberDeclaration member in members)
        {
            if (IsKept(member)) writer.Line($"private readonly {Type(member)} {Field(member)};");
        }
    }

    /// <summary>Makes the blocks, from a local <c>scope</c>.</summary>
    public static void WriteAssignments(CodeWriter writer, EquatableArray<MemberDeclaration> members)
    {
        foreach (MemberDeclaration member in members)
        {
            if (!IsKept(member)) continue;
            string place = $"scope.Child({CSharpLiterals.String(member.Name)})";
            if (member.IsStack)
            {
                string block = BlockType(member);
                writer.Line($"{Field(member)} = new {Type(member)}({place}, {member.Find("Repeat")?.Int("count", 1) ?? 1}, static ({Scope} place) => new {block}(place));");
            }
            else
            {
                writer.Line($"{Field(member)} = new {BlockType(member)}({place});");
            }
        }
    }

    /// <summary>Implements the properties.</summary>
    /// <param name="writer">The file.</param>
    /// <param name="members">The layers.</param>
    /// <param name="scope">Expression of the class's own place.</param>
    /// <param name="invalid">Expression to throw where the declaration has errors, else null.</param>
    public static void Write(CodeWriter writer, EquatableArray<MemberDeclaration> members, string scope, string? invalid)
    {
        foreach (MemberDeclaration member in members)
        {
            if (!member.IsPartial) continue;
            string modifiers = member.Accessibility.Length == 0 ? "" : member.Accessibility + " ";
            writer.Line();
            writer.Line($"{modifiers}partial {member.PropertyType} {CSharpLiterals.Identifier(member.Name)} => {(invalid is null ? Value(member, scope) : "throw " + invalid)};");
        }
    }

    private static string Value(MemberDeclaration member, string scope)
    {
        if (IsKept(member)) return Field(member);
        string place = Place(scope, member.Name);
        return member.Find("LanguageHead")?.String("TiedTo") is { } tied ? $"new({place}, {Place(scope, tied)})" : $"new({place})";
    }

    private static string Place(string scope, string name) => $"{scope}.Child({CSharpLiterals.String(name)})";

    private static bool IsKept(MemberDeclaration member) => member.IsPartial && member.BlockName is not null;

    // Two underscores: C# reserves such names for generated code.
    private static string Field(MemberDeclaration member) => "__layer_" + member.Name;

    private static string Type(MemberDeclaration member) => member.PropertyType.TrimEnd('?');

    private static string BlockType(MemberDeclaration member) => "global::" + CSharpLiterals.QualifiedName(member.BlockName!);
}
