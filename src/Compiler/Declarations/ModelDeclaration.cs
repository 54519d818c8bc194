namespace ModelDsl.Compiler.Declarations;

/// <summary>A class with <c>[Model]</c> and every block it reaches, as written: what the rest of the compiler works from.</summary>
/// <param name="Type">The class.</param>
/// <param name="Attribute">Its <c>[Model]</c>.</param>
/// <param name="Members">Its layers in order of declaration.</param>
/// <param name="Blocks">Every <c>[Block]</c> class reachable from the members, in order of first appearance.</param>
/// <param name="Form">What is wrong with the form of the class itself, if anything.</param>
/// <param name="IsUnresolved">Whether an argument of <c>[Model]</c> does not resolve: C# reports that.</param>
/// <param name="Taken">Reserved names that the class, or a member of it that is no layer, has.</param>
/// <param name="Budget">Its <c>[Budget]</c>, or null.</param>
internal sealed record ModelDeclaration(
    TypeIdentity Type,
    AttributeDeclaration Attribute,
    EquatableArray<MemberDeclaration> Members,
    EquatableArray<BlockDeclaration> Blocks,
    ClassForm Form,
    bool IsUnresolved = false,
    EquatableArray<string> Taken = default,
    AttributeDeclaration? Budget = null)
{
    /// <summary>The reachable block of that full name, or null.</summary>
    public BlockDeclaration? Block(string? fullName) => Blocks.FirstOrDefault(block => block.Type.FullName == fullName);
}

/// <summary>A class with <c>[Block]</c>.</summary>
/// <param name="Type">The class.</param>
/// <param name="Members">Its layers in order of declaration.</param>
/// <param name="Form">What is wrong with the form of the class itself, if anything.</param>
/// <param name="Taken">Reserved names that the class, or a member of it that is no layer, has.</param>
internal sealed record BlockDeclaration(
    TypeIdentity Type,
    EquatableArray<MemberDeclaration> Members,
    ClassForm Form,
    EquatableArray<string> Taken = default);

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

    /// <summary>The class is a record: copies and value equality mean nothing for an owner of memory.</summary>
    Record = 64,

    /// <summary>The class is <c>file</c>-local, so that no generated file can add to it.</summary>
    FileLocal = 128,

    /// <summary>The class carries both <c>[Model]</c> and <c>[Block]</c>.</summary>
    ModelAndBlock = 256,

    /// <summary>The class declares an instance constructor, primary ones included: generated code adds the only one.</summary>
    Constructor = 512,

    /// <summary>The class has, or inherits, required members: generated code cannot give them values.</summary>
    RequiredMembers = 1024,

    /// <summary>The base class has no parameterless constructor that the class may call.</summary>
    BaseConstructor = 2048,
}

/// <summary>A property that declares a layer: one with an attribute of ModelDsl, or a partial one without a body whose type is a block or of ModelDsl.</summary>
/// <param name="Name">The property's name.</param>
/// <param name="PropertyType">The property's type as the generated part must repeat it: fully qualified, or copied from source where it does not resolve.</param>
/// <param name="PropertyTypeName">
/// For a type of ModelDsl its name without type arguments, such as <c>Attention</c> or <c>BlockStack</c>; for any other its full name; empty where it does not resolve.
/// </param>
/// <param name="Accessibility">The property's modifiers as the generated part must repeat them, without <c>partial</c>: mostly just <c>public</c>.</param>
/// <param name="IsPartial">Whether the generator can implement it: partial, an instance property, with a getter only and no body of its own.</param>
/// <param name="BlockName">Full name of the <c>[Block]</c> class that the property's type is or wraps (<c>BlockStack&lt;T&gt;</c>), else null.</param>
/// <param name="Attributes">Its attributes of ModelDsl, in order.</param>
/// <param name="IsUnresolved">Whether its type, an attribute or an argument does not resolve: C# reports that, and nothing further can be said.</param>
internal sealed record MemberDeclaration(
    string Name,
    string PropertyType,
    string PropertyTypeName,
    string Accessibility,
    bool IsPartial,
    string? BlockName,
    EquatableArray<AttributeDeclaration> Attributes,
    bool IsUnresolved = false)
{
    /// <summary>Whether the property is a stack of blocks.</summary>
    public bool IsStack => PropertyTypeName == "BlockStack";

    /// <summary>The attribute of that name (without the suffix), or null.</summary>
    public AttributeDeclaration? Find(string attribute) => Attributes.FirstOrDefault(candidate => candidate.Name == attribute);
}
