using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ModelDsl.CodeFixes.Edits;

/// <summary>Arguments of attributes: set to a value, added, left out.</summary>
internal static class ArgumentEdits
{
    private const string Equal = " = ";

    /// <summary>One offer for each suggestion: <c>Heads = 8</c> is how an argument should be written, <c>Heads</c> alone says to leave it out.</summary>
    public static IEnumerable<Fix> Mend(FixTarget target)
    {
        if (target.Attribute is not { } attribute) yield break;
        foreach (string suggestion in target.Suggestions)
        {
            int split = suggestion.IndexOf(Equal, StringComparison.Ordinal);
            if (split >= 0) yield return Set(target, attribute, suggestion.Substring(0, split), suggestion.Substring(split + Equal.Length));
            else if (Find(target.Model, attribute, suggestion) is { } argument) yield return Remove(argument);
        }
    }

    /// <summary>One offer for each member of the argument's enum.</summary>
    public static IEnumerable<Fix> SetToMember(FixTarget target)
    {
        if (target.Argument is not { } argument) return [];
        if (target.Model.GetTypeInfo(argument.Expression).Type is not INamedTypeSymbol { TypeKind: TypeKind.Enum } type) return [];
        string name = target.TypeName(type.Name);
        return type.GetMembers().OfType<IFieldSymbol>().Where(static field => field.HasConstantValue).Select(field => Replace(argument, $"{name}.{field.Name}"));
    }

    private static Fix Set(FixTarget target, AttributeSyntax attribute, string name, string value)
    {
        if (Find(target.Model, attribute, name) is { } argument) return Replace(argument, value);
        string text = name + Equal + value;
        (int position, string insertion) = attribute.ArgumentList switch
        {
            null => (attribute.Name.Span.End, $"({text})"),
            { Arguments.Count: 0 } list => (list.OpenParenToken.Span.End, text),
            { Arguments: var arguments } => (arguments.Last().Span.End, ", " + text),
        };
        return new Fix("Add " + text, TextEdit.Insert(attribute.SyntaxTree, position, insertion));
    }

    private static Fix Replace(AttributeArgumentSyntax argument, string value)
        => new($"Use {argument.NameEquals}{argument.NameColon}".TrimEnd() + " " + value, new TextEdit(argument.SyntaxTree, argument.Expression.Span, value));

    private static Fix Remove(AttributeArgumentSyntax argument)
    {
        AttributeArgumentListSyntax list = (AttributeArgumentListSyntax)argument.Parent!;
        return new Fix("Remove " + argument, TextEdit.Remove(argument.SyntaxTree, list.Arguments.Count == 1 ? list.Span : Spans.Element(list.Arguments, argument)));
    }

    // By name, else by the position of the constructor's parameter.
    private static AttributeArgumentSyntax? Find(SemanticModel model, AttributeSyntax attribute, string name)
    {
        if (attribute.ArgumentList is not { } list) return null;
        if (list.Arguments.FirstOrDefault(argument => IsSame((argument.NameEquals?.Name ?? argument.NameColon?.Name)?.Identifier.ValueText)) is { } named) return named;
        IParameterSymbol? parameter = (model.GetSymbolInfo(attribute).Symbol as IMethodSymbol)?.Parameters.FirstOrDefault(parameter => IsSame(parameter.Name));
        return parameter is null ? null : list.Arguments.Where(static argument => argument is { NameEquals: null, NameColon: null }).ElementAtOrDefault(parameter.Ordinal);

        bool IsSame(string? other) => string.Equals(other, name, StringComparison.OrdinalIgnoreCase);
    }
}
