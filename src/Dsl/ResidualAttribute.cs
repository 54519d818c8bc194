namespace ModelDsl;

/// <summary>Adds what a layer reads to what it writes: <c>x + layer(x)</c>. Both have shape [rows, width].</summary>
[AttributeUsage(AttributeTargets.Property)]
[ModifiesLayer(NeedsSublayer = true)]
public sealed class ResidualAttribute : Attribute
{
}
