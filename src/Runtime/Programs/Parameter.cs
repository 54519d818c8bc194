using System.Diagnostics;
using ModelDsl.Memory;
using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>
/// A parameter of a model: its name, shape and the memory that holds it. A handle: copying it copies no values.
/// </summary>
/// <remarks>
/// Its spans are valid until the model (values) or the trainer (gradient) is disposed. A span keeps neither alive: hold the owner or this
/// handle while a span is in use, which <c>using</c> does, or the memory may be freed as soon as nothing else reaches it.
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public readonly struct Parameter
{
    private readonly ParameterInfo info;
    private readonly Arena values;
    private readonly Arena? gradients;

    internal Parameter(ParameterInfo info, Arena values, Arena? gradients)
    {
        this.info = info;
        this.values = values;
        this.gradients = gradients;
    }

    /// <summary>The path of properties and weights, such as <c>Blocks.3.Attention.Query.Weight</c>: the tensor's name in a checkpoint.</summary>
    public string Name => info.Name;

    /// <summary>The extents, outermost first, as a checkpoint stores them; matrices of products are [outputs, inputs].</summary>
    public IReadOnlyList<int> Shape => info.Shape;

    /// <summary>Number of elements.</summary>
    public long Length => info.Length;

    /// <summary>The values, row-major. Writing to them changes the model.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Span<float> Values => values.Data.At((nint)info.Offset).AsSpan((nint)info.Length);

    /// <summary>Whether <see cref="Gradient"/> can be read: true for parameters that a trainer or a module gives.</summary>
    public bool HasGradient => gradients is not null;

    /// <summary>
    /// The gradient of the mean loss of the last step (after a module's Backward: of what was propagated), row-major like
    /// <see cref="Values"/>, before clipping.
    /// </summary>
    /// <exception cref="InvalidOperationException">The parameter comes from the model, which has no gradients.</exception>
    /// <exception cref="ObjectDisposedException">The trainer or module was disposed.</exception>
    public Span<float> Gradient => gradients is not null
        ? gradients.Data.At((nint)info.Offset).AsSpan((nint)info.Length)
        : throw new InvalidOperationException($"'{Name}' comes from a model, which keeps no gradients: take it from a trainer's or a module's Parameters.");

    /// <summary>Name and shape.</summary>
    public override string ToString() => info is null ? "no parameter" : $"{Name} [{string.Join(", ", Shape)}]";
}
