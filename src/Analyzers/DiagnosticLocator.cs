using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Generators;

namespace ModelDsl.Analyzers;

/// <summary>Finds the syntax of a symbolic place: the argument, else its attribute, else the property's name, else the class's name.</summary>
internal static class DiagnosticLocator
{
    /// <summary>The place within a class.</summary>
    public static Location Locate(INamedTypeSymbol type, DeclarationTarget target)
    {
        ISymbol symbol = target.Member is null ? type : type.GetMembers(target.Member)
            .OrderBy(static member => member is IPropertySymbol ? 0 : 1)
            .FirstOrDefault(static member => member.Locations.Any(static location => location.SourceTree is { } tree && !KnownNames.IsGenerated(tree))) ?? type;
        if (target.Attribute is not null && KnownNames.Find(symbol, target.Attribute) is { ApplicationSyntaxReference: { } reference } attribute
            && reference.GetSyntax() is AttributeSyntax syntax)
        {
            return (target.Argument is null ? null : Argument(attribute, syntax, target.Argument))?.GetLocation() ?? syntax.GetLocation();
        }

        return symbol.Locations.FirstOrDefault(static location => location.SourceTree is { } tree && !KnownNames.IsGenerated(tree)) ?? Location.None;
    }

    // By name, else by the position of the constructor's parameter.
    private static AttributeArgumentSyntax? Argument(AttributeData attribute, AttributeSyntax syntax, string name)
    {
        if (syntax.ArgumentList is not { } list) return null;
        foreach (AttributeArgumentSyntax argument in list.Arguments)
        {
            string? written = argument.NameEquals?.Name.Identifier.ValueText ?? argument.NameColon?.Name.Identifier.ValueText;
            if (string.Equals(written, name, StringComparison.OrdinalIgnoreCase)) return argument;
        }

        IParameterSymbol? parameter = attribute.AttributeConstructor?.Parameters
            .FirstOrDefault(parameter => string.Equals(parameter.Name, name, StringComparison.OrdinalIgnoreCase));
        return parameter is null ? null : list.Arguments.Where(static argument => argument.NameEquals is null && argument.NameColon is null).ElementAtOrDefault(parameter.Ordinal);
    }
}
