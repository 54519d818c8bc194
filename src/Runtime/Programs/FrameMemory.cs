using ModelDsl.Memory;

namespace ModelDsl.Programs;

/// <summary>A frame with the memory behind it, sized once for the largest run of a trainer, decoder or module.</summary>
internal sealed unsafe class FrameMemory : IDisposable
{
    private readonly ModelInstance model;
    private readonly Arena activations;
    private readonly Arena sequences;
    private readonly Arena scratch;
    private readonly Arena tokens;

    /// <summary>Allocates for at most <paramref name="rows"/> rows and <paramref name="batch"/> sequences.</summary>
    public FrameMemory(ModelInstance model, int threads, ProgramPlan plan, int rows, int batch)
    {
        this.model = model;
        Workers = SharedWorkers.Of(threads);
        activations = new Arena(checked(plan.FloatsPerRow * rows));
        sequences = new Arena(checked(plan.FloatsPerSequence * batch));
        scratch = new Arena(plan.ConstantFloats);
        stride = (rows + 15) / 16 * 16;
        tokens = new Arena(3L * stride);
        Frame = new Frame(Workers.Pool)
        {
            Activations = activations.Data,
            Sequences = sequences.Data,
            Scratch = scratch.Data,
        };
    }

    private readonly int stride;

    /// <summary>What the programs read.</summary>
    public Frame Frame { get; }

    /// <summary>The threads it runs on.</summary>
    public SharedWorkers Workers { get; }

    /// <summary>Room for the input ids.</summary>
    public I32 Inputs => new((int*)tokens.Data.Pointer);

    /// <summary>Room for the target ids.</summary>
    public I32 Targets => Inputs.At(stride);

    /// <summary>Room for the segment starts.</summary>
    public I32 SegmentStarts => Inputs.At(2 * (nint)stride);

    /// <summary>Bytes of activations, scratch and token buffers.</summary>
    public long Bytes => ((long)activations.Length + sequences.Length + scratch.Length + tokens.Length) * sizeof(float);

    /// <summary>Points the frame at the model's arenas and gives the run its extents.</summary>
    /// <exception cref="ObjectDisposedException">The model or this memory was disposed.</exception>
    public Frame Bind(int batch, int time)
    {
        Frame.Parameters = model.ParameterArena.Data;
        Frame.Constants = model.ConstantArena.Data;
        Frame.Activations = activations.Data;
        Frame.Batch = batch;
        Frame.Time = time;
        return Frame;
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        activations.Dispose();
        sequences.Dispose();
        scratch.Dispose();
        tokens.Dispose();
    }

    /// <summary>What covers both of two programs.</summary>
    public static ProgramPlan Largest(ProgramPlan left, ProgramPlan right) => new(
        Math.Max(left.FloatsPerRow, right.FloatsPerRow),
        Math.Max(left.FloatsPerSequence, right.FloatsPerSequence),
        Math.Max(left.ConstantFloats, right.ConstantFloats));
}
