using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Graph;

namespace ModelDsl.Compiler.Layers;

/// <summary>
/// A kind of layer: what its attribute means. Adding one is an attribute in Dsl and a file here.
/// </summary>
internal abstract class LayerKind
{
    /// <summary>The attribute's name without suffix.</summary>
    public abstract string Attribute { get; }

    /// <summary>Adds the layer's operations for <paramref name="input"/> and returns its output.</summary>
    public abstract Value Lower(Lowering lowering, AttributeDeclaration attribute, Value? input);

    /// <summary>The size to start from, as written in C#, that completes the attribute; null where it is complete by itself.</summary>
    public virtual string? Size => null;

    /// <summary>Reports what is wrong with the layer where it is used.</summary>
    public abstract void Check(LayerCheck check);

    /// <summary>Reports what would make the layer faster where it is used, of a layer that is right.</summary>
    public virtual void Advise(LayerCheck check)
    {
    }
}

/// <summary>All kinds of layers: the classes that derive from <see cref="LayerKind"/>.</summary>
internal static class LayerKinds
{
    private static readonly Dictionary<string, LayerKind> ByAttribute = typeof(LayerKind).Assembly.GetTypes()
        .Where(type => type.IsSubclassOf(typeof(LayerKind)) && !type.IsAbstract)
        .Select(type => (LayerKind)Activator.CreateInstance(type))
        .ToDictionary(kind => kind.Attribute);

    /// <summary>The kind an attribute declares, or null for one that declares none.</summary>
    public static LayerKind? Find(string attribute) => ByAttribute.TryGetValue(attribute, out LayerKind? kind) ? kind : null;

    /// <summary>An attribute as one would begin to write it: with the size it needs, if any.</summary>
    public static string Complete(string attribute) => Find(attribute)?.Size is { } size ? $"{attribute}({size})" : attribute;

    /// <summary>The attribute of a member that declares its layer, or null.</summary>
    public static AttributeDeclaration? DeclaringAttribute(MemberDeclaration member) => member.Attributes.FirstOrDefault(attribute => Find(attribute.Name) is not null);
}
