namespace ModelDsl;

/// <summary>Marks an attribute that changes how a layer is used and is none itself.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ModifiesLayerAttribute : Attribute
{
    /// <summary>Whether it needs a layer that maps [rows, width] to [rows, width].</summary>
    public bool NeedsSublayer { get; set; }
}
