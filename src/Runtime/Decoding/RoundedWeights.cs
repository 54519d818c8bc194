using ModelDsl.Memory;
using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>A copy of a model's parameters and constants, matrices rounded to 16 bits: all that a decoder needs to go on without the model.</summary>
internal sealed unsafe class RoundedWeights : IFrameSource, IDisposable
{
    private readonly Arena vectors;
    private readonly Arena matrices;
    private readonly Arena constants;

    /// <summary>Copies and rounds, on all threads.</summary>
    public RoundedWeights(ModelInstance model, SharedWorkers workers)
    {
        F32 parameters = model.ParameterArena.Data, tables = model.ConstantArena.Data;
        nint first = (nint)model.Plan.MatrixOffset, length = model.ParameterArena.Length - first;
        vectors = new Arena(first);
        matrices = new Arena((length + 1) / 2);
        constants = new Arena(model.ConstantArena.Length);
        Copy(parameters, vectors);
        Copy(tables, constants);
        using (workers.Gate.EnterScope()) Rounding.ToBF16(workers.Pool, parameters.At(first), Matrices, length);
        GC.KeepAlive(model);
    }

    /// <summary>Bytes of native memory.</summary>
    public long Bytes => ((long)vectors.Length + matrices.Length + constants.Length) * sizeof(float);

    private BF16 Matrices => new((ushort*)matrices.Data.Pointer);

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
