using System.Globalization;
using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.Compiler.Emission;

/// <summary>Texts of the surface: what was declared, and what is wrong with it.</summary>
internal static class SurfaceComments
{
    /// <summary>Name of the method that makes the exception of an invalid declaration.</summary>
    public const string Invalid = "__Invalid";

    /// <summary>A comment over a class: its layers, and its errors if there are any.</summary>
    public static string Of(EquatableArray<MemberDeclaration> members, EquatableArray<ModelError> errors)
    {
        IEnumerable<string> lines = errors.Count == 0 ? [] : Errors(errors).Prepend("The declaration is invalid, so that every member throws:").Append("");
        return string.Join("\n", lines.Append("Layers, in order of computation:").Concat(members.Select(Describe)));
    }

    /// <summary>Writes the method that makes the exception of an invalid declaration.</summary>
    public static void WriteInvalid(CodeWriter writer, TypeIdentity type, EquatableArray<ModelError> errors)
    {
        string message = $"'{type.FullName}' is declared wrongly and has no code: " + string.Join(" ", Errors(errors));
        writer.Line();
        writer.Line($"private static global::System.InvalidOperationException {Invalid}() => new({CSharpLiterals.String(message)});");
    }

    private static IEnumerable<string> Errors(EquatableArray<ModelError> errors)
        => errors.Select(error => error.Id + ": " + OneLine(DiagnosticCatalogue.Format(error)));

    private static string Describe(MemberDeclaration member)
    {
        string attributes = string.Join(", ", member.Attributes.Select(Describe));
        string block = member.BlockName is null ? "" : " of " + member.BlockName;
        return "  " + member.Name + ": " + (attributes.Length == 0 ? "one" : attributes) + block;
    }

    private static string Describe(AttributeDeclaration attribute) => attribute.Arguments.Count == 0
        ? attribute.Name
        : attribute.Name + "(" + string.Join(", ", attribute.Arguments.Select(Describe)) + ")";

    private static string Describe(ArgumentDeclaration argument)
        => argument.Name + " = " + (argument.Value is bool flag ? flag ? "true" : "false" : OneLine(Convert.ToString(argument.Value, CultureInfo.InvariantCulture)));

    private static string? OneLine(string? text) => text?.Replace('\r', ' ').Replace('\n', ' ');
}
