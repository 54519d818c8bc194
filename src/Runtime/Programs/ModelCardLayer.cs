namespace ModelDsl;

/// <summary>What a layer costs, or all layers together that a repeated block makes of it.</summary>
/// <param name="Name">The path, <c>*</c> for the index of a repeated block: <c>Blocks.*.Attention</c>. Norms around a layer belong to it.</param>
/// <param name="Count">How many layers it stands for.</param>
/// <param name="Parameters">Elements of all their parameters; a tied head has none of its own.</param>
/// <param name="ForwardFlopsPerToken">Floating-point operations of a forward pass for a token, a multiply-add counted as two, attention over the whole context included.</param>
/// <param name="CacheBytesPerToken">Bytes a decoder keeps for each position of a sequence.</param>
/// <param name="ActivationBytesPerToken">Bytes held for each position at the moment of training when most is held; planned memory is that much or a little more.</param>
public readonly record struct ModelCardLayer(string Name, long Count, long Parameters, long ForwardFlopsPerToken, long CacheBytesPerToken, long ActivationBytesPerToken);
