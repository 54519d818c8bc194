namespace ModelDsl.Compiler.Declarations;

/// <summary>A class with <c>[Model]</c> and every block it reaches, as written: what the rest of the compiler works from.</summary>
/// <param name="Type">The class.</param>
/// <param name="Attribute">Its <c>[Model]</c>.</param>
/// <param name="Members">Its layers in order of declaration.</param>
/// <param name="Blocks">Every <c>[Block]</c> class reachable from the members, in order of first appearance.</param>
/// <param name="Form">What is wrong with the form of the class itself, if anything.</param>
internal sealed record ModelDeclaration(
    TypeIdentity Type,
    AttributeDeclaration Attribute,
    EquatableArray<MemberDeclaration> Members,
    EquatableArray<BlockDeclaration> Blocks,
    ClassForm Form);

/// <summary>A class with <c>[Block]</c>.</summary>
/// <param name="Type">The class.</param>
/// <param name="Members">Its layers in order of declaration.</param>
/// <param name="Form">What is wrong with the form of the class itself, if anything.</param>
internal sealed record BlockDeclaration(TypeIdentity Type, EquatableArray<MemberDeclaration> Members, ClassForm Form);

/// <summary>Facts about a class that decide whether code can be generated into it.</summary>
[Flags]
internal enum ClassForm
{
    /// <summary>Nothing wrong.</summary>
    None = 0,

    /// <summary>The class is not partial.</summary>
    NotPartial = 1,

    /// <summary>The class is abstract.</summary>
    Abstract = 2,

    /// <summary>The class is static.</summary>
    Static = 4,

    /// <summary>The class has type parameters, or is nested in a class that has.</summary>
    Generic = 8,

    /// <summary>The class is nested in a type that is not partial.</summary>
    NestedInNonPartial = 16,

    /// <summary>Layers are declared in more than one file, so that their order is ambiguous.</summary>
    LayersInSeveralFiles = 32,
}

/// <summary>A property that carries at least one attribute of ModelDsl.</summary>
/// <param name="Name">The property's name.</param>
/// <param name="PropertyType">The property's type as written in source; copied where it is an error type.</param>
/// <param name="PropertyTypeName">Name of the property's type without namespace and type arguments, such as <c>Attention</c> or <c>BlockStack</c>.</param>
/// <param name="Accessibility">The property's accessibility as written in C#.</param>
/// <param name="IsPartial">Whether the property is partial with a getter only.</param>
/// <param name="BlockName">Full name of the <c>[Block]</c> class that the property's type is or wraps (<c>BlockStack&lt;T&gt;</c>), else null.</param>
/// <param name="Attributes">Its attributes of ModelDsl, in order.</param>
internal sealed record MemberDeclaration(
    string Name,
    string PropertyType,
    string PropertyTypeName,
    string Accessibility,
    bool IsPartial,
    string? BlockName,
    EquatableArray<AttributeDeclaration> Attributes)
{
    /// <summary>The attribute of that name (without the suffix), or null.</summary>
    public AttributeDeclaration? Find(string attribute) => Attributes.FirstOrDefault(candidate => candidate.Name == attribute);
}
