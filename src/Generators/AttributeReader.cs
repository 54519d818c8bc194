using Microsoft.CodeAnalysis;
using ModelDsl.Compiler;
using ModelDsl.Compiler.Declarations;

namespace ModelDsl.Generators;

/// <summary>Reads any attribute of the DSL, knowing none of them.</summary>
internal static class AttributeReader
{
    /// <summary>Reads an attribute.</summary>
    /// <param name="attribute">The attribute.</param>
    /// <param name="name">The attribute class's name without suffix.</param>
    /// <param name="resolved">Set to false where the constructor or an argument does not bind.</param>
    public static AttributeDeclaration Read(AttributeData attribute, string name, ref bool resolved)
    {
        List<ArgumentDeclaration> arguments = [];
        if (attribute.AttributeConstructor is { } constructor)
        {
            for (int index = 0; index < attribute.ConstructorArguments.Length && index < constructor.Parameters.Length; index++)
            {
                arguments.Add(Argument(constructor.Parameters[index].Name, attribute.ConstructorArguments[index], ref resolved));
            }
        }
        else
        {
            resolved = false;
        }

        foreach (KeyValuePair<string, TypedConstant> named in attribute.NamedArguments)
        {
            arguments.Add(Argument(named.Key, named.Value, ref resolved));
        }

        return new AttributeDeclaration(name, arguments.ToEquatableArray());
    }

    private static ArgumentDeclaration Argument(string name, TypedConstant constant, ref bool resolved)
    {
        resolved &= constant.Kind != TypedConstantKind.Error;
        return new ArgumentDeclaration(name, Value(constant));
    }

    private static object? Value(TypedConstant constant) => constant.Kind switch
    {
        TypedConstantKind.Primitive => constant.Value,
        TypedConstantKind.Enum => EnumMember(constant),
        TypedConstantKind.Type => (constant.Value as ITypeSymbol)?.ToDisplayString(),
        TypedConstantKind.Array => string.Join(",", constant.Values.Select(value => Convert.ToString(Value(value), System.Globalization.CultureInfo.InvariantCulture))),
        _ => null,
    };

    // A value that no member has stays a number in text: the checks report it.
    private static string? EnumMember(TypedConstant constant)
    {
        foreach (ISymbol member in constant.Type!.GetMembers())
        {
            if (member is IFieldSymbol { HasConstantValue: true } field && Equals(field.ConstantValue, constant.Value)) return field.Name;
        }

        return Convert.ToString(constant.Value, System.Globalization.CultureInfo.InvariantCulture);
    }
}
