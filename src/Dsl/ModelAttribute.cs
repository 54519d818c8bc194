namespace ModelDsl;

/// <summary>
/// Declares a model: the attributes on the partial properties of the class are its layers, in order of declaration.
/// The compiler writes its training, evaluation, decoding and checkpoint code.
/// </summary>
/// <remarks>
/// A class with an <c>[Embedding]</c> first and a <c>[LanguageHead]</c> last is a language model: token ids [batch, time] in, logits
/// [batch, time, vocabulary] out. A class with neither is a module: activations [batch, time, width] in and out.
/// </remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ModelAttribute : Attribute
{
    /// <summary>Width of the residual stream: every layer maps [batch, time, width] to the same shape. Required.</summary>
    public int Width { get; set; }

    /// <summary>Largest number of positions of a sequence: bound of learned positions, rotary tables and caches. Required.</summary>
    public int Context { get; set; }
}
