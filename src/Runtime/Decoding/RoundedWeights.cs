using ModelDsl.Memory;
using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>A copy of a model's parameters and constants, matrices rounded to 16 bits: all that a decoder needs to go on without the model.</summary>
internal sealed unsafe class RoundedWeights : IFrameSource, IDisposable
{
    private readonly Arena vectors;
    private readonly Arena matrices;
    private readonly Arena constants;

    /// <summary>Memory for the weights of a model, to be filled.</summary>
    public RoundedWeights(ModelPlan plan)
    {
        MatrixFloats = (nint)(plan.ParameterFloats - plan.MatrixOffset);
        vectors = new Arena(plan.MatrixOffset);
        matrices = new Arena((MatrixFloats + 1) / 2);
        constants = new Arena(plan.ConstantFloats);
    }

    /// <summary>Copies and rounds, on all threads.</summary>
    public RoundedWeights(ModelInstance model, SharedWorkers workers) : this(model.Plan)
    {
        F32 parameters = model.ParameterArena.Data;
        Copy(model.ConstantArena.Data, constants);
        using (workers.Gate.EnterScope())
        {
            // Both within the gate: between two steps of a trainer on the same threads.
            Copy(parameters, vectors);
            Rounding.ToBF16(workers.Pool, parameters.At((nint)model.Plan.MatrixOffset), Matrices, MatrixFloats);
        }

        GC.KeepAlive(model);
    }

    /// <summary>What is kept in 32 bits: the parameter arena up to the first matrix.</summary>
    public F32 Vectors => vectors.Data;

    /// <summary>The matrices: the rest of the parameter arena.</summary>
    public BF16 Matrices => new((ushort*)matrices.Data.Pointer);

    /// <summary>Elements of <see cref="Matrices"/>.</summary>
    public nint MatrixFloats { get; }

    /// <summary>Tables that a program fills.</summary>
    public F32 Constants => constants.Data;

    /// <summary>Bytes of native memory.</summary>
    public long Bytes => ((long)vectors.Length + matrices.Length + constants.Length) * sizeof(float);

    /// <inheritdoc/>
    public void Bind(Frame frame)
    {
        frame.Parameters = vectors.Data;
        frame.Matrices = Matrices;
        frame.MatrixOffset = vectors.Length;
        frame.Constants = constants.Data;
    }

    /// <summary>Frees the copy.</summary>
    public void Dispose()
    {
        vectors.Dispose();
        matrices.Dispose();
        constants.Dispose();
    }

    private static void Copy(F32 source, Arena target)
        => Buffer.MemoryCopy(source.Pointer, target.Data.Pointer, (long)target.Length * sizeof(float), (long)target.Length * sizeof(float));
}
