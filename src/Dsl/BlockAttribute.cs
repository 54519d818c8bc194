namespace ModelDsl;

/// <summary>
/// Declares a block: layers that models use together, once (a property of the class's type) or stacked (<c>[Repeat]</c> on a property of type
/// <c>BlockStack&lt;T&gt;</c>). A block knows no width: it takes that of the model that uses it, so sizes relative to the width
/// (<c>HiddenRatio</c>, <c>HeadWidth</c>) let one block serve models of several widths. Blocks may hold blocks.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class BlockAttribute : Attribute
{
}
