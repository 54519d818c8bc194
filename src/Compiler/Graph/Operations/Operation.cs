using ModelDsl.Compiler.Graph.Interpretation;

namespace ModelDsl.Compiler.Graph.Operations;

/// <summary>Where the memory of an operation's output is: what fusion, storage and planning ask instead of naming operations.</summary>
internal enum Residence
{
    /// <summary>It has memory of its own.</summary>
    Own,

    /// <summary>It is a part of the input's memory, or the same in another shape: nothing is computed.</summary>
    View,

    /// <summary>It is the input's memory, changed: nobody else may read the input.</summary>
    InPlace,

    /// <summary>The inputs are placed in it: nothing is computed.</summary>
    Gathers,
}

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

    /// <summary>Where the output's memory is.</summary>
    public virtual Residence Residence => Residence.Own;

    /// <summary>Floats that a decoder keeps for each position a sequence holds.</summary>
    public virtual int CacheFloats => 0;

    /// <summary>Of each row's columns, or of the positions it sees, how many it aims to select, 0 for an operation that selects none: those that do count what they selected.</summary>
    public virtual int Selected => 0;

    /// <summary>A table that its kernel reads, filled once for a model; null for none.</summary>
    public virtual ConstantTable? Table => null;

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
    /// <summary>Whether its outputs count as constants, so that none of them gets a gradient.</summary>
    public virtual bool IsConstant => false;

    /// <summary>Adds the nodes of the backward: from the gradients of the outputs (null where nothing depends on one) to those of the inputs.</summary>
    public abstract void Differentiate(Differentiation.Backward backward, Node node, IReadOnlyList<Value?> gradients);
}
