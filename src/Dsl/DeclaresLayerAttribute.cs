namespace ModelDsl;

/// <summary>Marks an attribute that declares a layer. The compiler reads its vocabulary from these marks, so no second table exists.</summary>
/// <param name="propertyType">Name, in namespace ModelDsl, of the type that a property with the attribute has.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class DeclaresLayerAttribute(string propertyType) : Attribute
{
    /// <summary>Name of the type that a property with the attribute has.</summary>
    public string PropertyType { get; } = propertyType;

    /// <summary>Whether <c>[PreNorm]</c>, <c>[PostNorm]</c> and <c>[Residual]</c> mean something on it: it maps [rows, width] to [rows, width].</summary>
    public bool IsSublayer { get; set; }

    /// <summary>Whether the layer may stand in models only, not in blocks.</summary>
    public bool IsModelOnly { get; set; }
}
