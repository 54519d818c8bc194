namespace ModelDsl;

/// <summary>
/// Scaled dot-product attention, [batch, time, width] to [batch, time, width]: <c>softmax(q · kᵀ / √HeadWidth) · v</c> for each head, then the output product.
/// The property's type is <c>Attention</c>.
/// </summary>
/// <remarks>
/// Query head h reads key/value head <c>h / (Heads / KeyValueHeads)</c>: as many as heads is multi-head attention, fewer grouped-query, one multi-query.
/// Parameters, in checkpoint layout [out, in]: <c>Query.Weight</c> [Heads·HeadWidth, width], <c>Key.Weight</c> and <c>Value.Weight</c>
/// [KeyValueHeads·HeadWidth, width], <c>Output.Weight</c> [width, Heads·HeadWidth], their biases [out], <c>QueryNorm.Weight</c> and <c>KeyNorm.Weight</c> [HeadWidth].
/// </remarks>
[AttributeUsage(AttributeTargets.Property)]
[DeclaresLayer("Attention", IsSublayer = true)]
public sealed class AttentionAttribute : AttentionOptionsAttribute;
