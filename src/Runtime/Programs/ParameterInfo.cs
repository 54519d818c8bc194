namespace ModelDsl.Programs;

/// <summary>A parameter of a model's plan.</summary>
/// <param name="Name">The path of properties and weights, such as <c>Blocks.3.Attention.Query.Weight</c>.</param>
/// <param name="Shape">The logical shape, as a checkpoint stores it.</param>
/// <param name="Offset">Floats from the start of the parameter arena; the same in gradients and optimiser slots.</param>
/// <param name="Initializer">How it starts.</param>
/// <param name="Decay">Whether weight decay applies by default: matrices of products yes, norms, biases and embeddings no.</param>
public sealed record ParameterInfo(string Name, IReadOnlyList<int> Shape, long Offset, Initializer Initializer, bool Decay)
{
    /// <summary>Number of elements.</summary>
    public long Length { get; } = Shape.Aggregate(1L, (product, extent) => product * extent);
}
