using System.ComponentModel;

namespace ModelDsl;

/// <summary>
/// Written by the generator on a block: its layers in order of declaration. A model in another assembly reads them from here, because
/// metadata does not tell a layer of a block type from a property that merely returns one.
/// </summary>
/// <param name="names">Names of the properties.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class DeclaredLayersAttribute(params string[] names) : Attribute
{
    /// <summary>Names of the properties.</summary>
    public IReadOnlyList<string> Names { get; } = names;
}
