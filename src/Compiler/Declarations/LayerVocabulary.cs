using System.Reflection;

namespace ModelDsl.Compiler.Declarations;

/// <summary>What an attribute of the DSL is.</summary>
/// <param name="Name">Its name without suffix.</param>
/// <param name="PropertyType">For a layer: name of the property's type; null for a modifier.</param>
/// <param name="IsSublayer">For a layer: whether it maps [rows, width] to [rows, width] and may be normalised and residual.</param>
/// <param name="IsModelOnly">For a layer: whether it may stand in models only.</param>
/// <param name="NeedsSublayer">For a modifier: whether it means something on sublayers only.</param>
/// <param name="EnumArguments">Names of the arguments that take an enum.</param>
internal sealed record LayerTerm(
    string Name,
    string? PropertyType,
    bool IsSublayer,
    bool IsModelOnly,
    bool NeedsSublayer,
    EquatableArray<string> EnumArguments)
{
    /// <summary>Whether the attribute declares a layer.</summary>
    public bool IsLayer => PropertyType is not null;

    /// <summary>Whether an argument takes an enum; names compare without case.</summary>
    public bool IsEnum(string argument) => EnumArguments.Contains(argument, StringComparer.OrdinalIgnoreCase);
}

/// <summary>The attributes of the DSL, read from the marks on the attribute classes themselves: adding a layer changes no table here.</summary>
internal static class LayerVocabulary
{
    private const string Suffix = nameof(Attribute);

    private static readonly Lazy<IReadOnlyDictionary<string, LayerTerm>> Terms = new(
        () => typeof(ModelAttribute).Assembly.GetTypes().Select(Read).OfType<LayerTerm>().ToDictionary(term => term.Name, StringComparer.Ordinal));

    /// <summary>Every layer and modifier.</summary>
    public static IEnumerable<LayerTerm> All => Terms.Value.Values.OrderBy(term => term.Name, StringComparer.Ordinal);

    /// <summary>The layer or modifier of an attribute's name, or null.</summary>
    public static LayerTerm? Find(string attribute) => Terms.Value.TryGetValue(attribute, out LayerTerm? term) ? term : null;

    /// <summary>The attributes of a property that declare a layer, in order.</summary>
    public static IEnumerable<AttributeDeclaration> LayersOf(MemberDeclaration member)
        => member.Attributes.Where(attribute => Find(attribute.Name) is { IsLayer: true });

    private static LayerTerm? Read(Type type)
    {
        if (!type.Name.EndsWith(Suffix, StringComparison.Ordinal)) return null;
        string name = type.Name.Substring(0, type.Name.Length - Suffix.Length);
        EquatableArray<string> enums = type.GetProperties().Where(property => property.PropertyType.IsEnum).Select(property => property.Name).ToEquatableArray();
        if (type.GetCustomAttribute<DeclaresLayerAttribute>() is { } layer)
            return new LayerTerm(name, layer.PropertyType, layer.IsSublayer, layer.IsModelOnly, NeedsSublayer: false, enums);
        return type.GetCustomAttribute<ModifiesLayerAttribute>() is { } modifier
            ? new LayerTerm(name, null, IsSublayer: false, IsModelOnly: false, modifier.NeedsSublayer, enums)
            : null;
    }
}
