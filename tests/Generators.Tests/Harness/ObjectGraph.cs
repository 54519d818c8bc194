using System.Collections;
using System.Reflection;
using Microsoft.CodeAnalysis;

namespace ModelDsl.Generators.Tests;

/// <summary>Walks everything a value holds.</summary>
internal static class ObjectGraph
{
    /// <summary>Where a value holds a symbol, syntax, a location or a compilation, or null.</summary>
    public static string? FindRoslyn(object value) => Find(value, value.GetType().Name, new HashSet<object>(ReferenceEqualityComparer.Instance));

    private static string? Find(object? value, string path, HashSet<object> seen)
    {
        if (value is null) return null;
        if (value is ISymbol or SyntaxNode or SyntaxTree or SyntaxReference or Location or Compilation or AttributeData or SemanticModel) return path;
        if (value is string || value.GetType().IsPrimitive || value.GetType().IsEnum || !seen.Add(value)) return null;
        if (value is IEnumerable items)
        {
            int index = 0;
            foreach (object? item in items)
            {
                if (Find(item, $"{path}[{index++}]", seen) is { } found) return found;
            }
        }

        for (Type? type = value.GetType(); type is not null && type != typeof(object); type = type.BaseType)
        {
            foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (Find(field.GetValue(value), path + "." + field.Name, seen) is { } found) return found;
            }
        }

        return null;
    }
}
