using ModelDsl.Compiler.Graph.Interpretation;

namespace ModelDsl.Compiler.Graph.Operations;

/// <summary>
/// What a node does. The set is small and closed; each operation states its shapes, its cost and its value in double, and where it may occur in a
/// forward pass, its backward: the members are abstract, so an operation that lacks one does not build.
/// </summary>
internal abstract record Operation
{
    /// <summary>Its name and constants in the text form.</summary>
    public abstract string Describe();

    /// <summary>Roles of the outputs, for names; as many as <see cref="InferShapes"/> gives.</summary>
    public virtual IReadOnlyList<string> OutputNames => [""];

    /// <summary>Shapes of the outputs, or a <see cref="CompilerException"/> when the operands do not fit.</summary>
    public abstract IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs);

    /// <summary>Multiply-adds counted as two, for one unit of the monomial (a position, a sequence, or once), at <paramref name="context"/> positions.</summary>
    public abstract long Flops(IReadOnlyList<Shape> inputs, int context);

    /// <summary>Computes the outputs in double.</summary>
    public abstract void Evaluate(Evaluation evaluation, Node node);

    protected static void Require(bool condition, string message)
    {
        if (!condition) throw new CompilerException(message);
    }
}

/// <summary>An operation of a forward pass.</summary>
internal abstract record ForwardOperation : Operation
{
    /// <summary>Adds the nodes of the backward: from the gradients of the outputs (null where nothing depends on one) to those of the inputs.</summary>
    public abstract void Differentiate(Differentiation.Backward backward, Node node, IReadOnlyList<Value?> gradients);
}
