using ModelDsl.Memory;

namespace ModelDsl.Programs;

/// <summary>A frame with the memory behind it, sized once for the largest run of a trainer, decoder or module.</summary>
internal sealed unsafe class FrameMemory : IDisposable
{
    private readonly IFrameSource source;
    private readonly Arena activations;
    private readonly Arena sequences;
    private readonly Arena scratch;
    private readonly Arena tokens;
    private readonly int stride;

    /// <summary>Allocates.</summary>
    /// <param name="source">Whose parameters and constants the frame points at.</param>
    /// <param name="threads">Number of threads, 0 for one a processor.</param>
    /// <param name="floats">Floats of the arenas of activations, sequences and scratch, of the largest run.</param>
    /// <param name="rows">Rows of the largest run.</param>
    public FrameMemory(IFrameSource source, int threads, ArenaFloats floats, int rows)
    {
        this.source = source;
        Workers = SharedWorkers.Of(threads);
        activations = new Arena(floats.Activations);
        sequences = new Arena(floats.Sequences);
        scratch = new Arena(floats.Scratch);
        stride = (rows + 15) / 16 * 16;
        tokens = new Arena(3L * stride);
        Frame = new Frame(Workers.Pool)
        {
            Activations = activations.Data,
            Sequences = sequences.Data,
            Scratch = scratch.Data,
        };
    }

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

    /// <summary>Points the frame at its arenas and gives the run its extents.</summary>
    /// <exception cref="ObjectDisposedException">The owner of the parameters or this memory was disposed.</exception>
    public Frame Bind(int batch, int time)
    {
        source.Bind(Frame);
        Frame.Activations = activations.Data;
        Frame.Batch = batch;
        Frame.Time = time;
        return Frame;
    }

    /// <summary>Copies values into one of the token buffers.</summary>
    public static I32 Fill(I32 target, ReadOnlySpan<int> values)
    {
        values.CopyTo(new Span<int>(target.Pointer, values.Length));
        return target;
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        activations.Dispose();
        sequences.Dispose();
        scratch.Dispose();
        tokens.Dispose();
    }
}

/// <summary>Floats of the arenas of a run.</summary>
internal readonly record struct ArenaFloats(long Activations, long Sequences, long Scratch)
{
    /// <summary>What a program needs for a number of rows and sequences.</summary>
    public static ArenaFloats Of(ProgramPlan plan, long rows, int batch)
        => new(checked(plan.FloatsPerRow * rows), checked(plan.FloatsPerSequence * batch), plan.ConstantFloats);

    /// <summary>What is enough for either.</summary>
    public ArenaFloats Or(ArenaFloats other)
        => new(Math.Max(Activations, other.Activations), Math.Max(Sequences, other.Sequences), Math.Max(Scratch, other.Scratch));
}
