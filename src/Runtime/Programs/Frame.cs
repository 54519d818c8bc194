using ModelDsl.Kernels;
using ModelDsl.Memory;
using ModelDsl.Threading;

namespace ModelDsl.Programs;

/// <summary>
/// Everything one run of a generated program reads and writes: arenas, inputs and run-time extents. Made once by a trainer,
/// decoder or module handle and reused, so that a step allocates nothing.
/// </summary>
public sealed class Frame
{
    /// <summary>Creates a frame that runs on <paramref name="pool"/>.</summary>
    public Frame(WorkerPool pool) => Pool = pool;

    /// <summary>The worker threads.</summary>
    public WorkerPool Pool { get; }

    /// <summary>Number of sequences in this run.</summary>
    public int Batch { get; set; }

    /// <summary>Positions of each sequence in this run.</summary>
    public int Time { get; set; }

    /// <summary>Batch × time: rows of every activation.</summary>
    public nint Rows => (nint)Batch * Time;

    /// <summary>The parameter arena: all vectors, then all matrices, which are elsewhere where <see cref="Matrices"/> is set.</summary>
    public F32 Parameters { get; set; }

    /// <summary>The part of the parameter arena from <see cref="MatrixOffset"/> on in 16-bit floats; null where it is in <see cref="Parameters"/>.</summary>
    public BF16 Matrices { get; set; }

    /// <summary>Where in the parameter arena <see cref="Matrices"/> begins.</summary>
    public nint MatrixOffset { get; set; }

    /// <summary>The gradient arena: same offsets as <see cref="Parameters"/>.</summary>
    public F32 Gradients { get; set; }

    /// <summary>Tables computed once for a model (rotary angles).</summary>
    public F32 Constants { get; set; }

    /// <summary>Arena of <see cref="ProgramPlan.FloatsPerRow"/> × rows.</summary>
    public F32 Activations { get; set; }

    /// <summary>Arena of <see cref="ProgramPlan.FloatsPerSequence"/> × batch.</summary>
    public F32 Sequences { get; set; }

    /// <summary>Arena of <see cref="ProgramPlan.ConstantFloats"/>.</summary>
    public F32 Scratch { get; set; }

    /// <summary>
    /// Key/value caches of a decoder, those of this run's first sequence. A sequence's caches are one block, layer after layer: a
    /// layer with n floats a position before it starts at n × <see cref="CacheCapacity"/>. How they lie within a layer is its kernel's matter.
    /// </summary>
    public F32 Cache { get; set; }

    /// <summary>Positions the cache holds for each sequence.</summary>
    public int CacheCapacity { get; set; }

    /// <summary>Floats from one sequence's caches to the next one's.</summary>
    public nint CacheStride { get; set; }

    /// <summary>Decoding: position of the first of <see cref="Time"/> new tokens of each sequence; Batch values. Null elsewhere, where it is 0.</summary>
    public I32 Starts { get; set; }

    /// <summary>Token ids, rows values.</summary>
    public I32 Inputs { get; set; }

    /// <summary>Target ids, rows values; negative ones are not counted.</summary>
    public I32 Targets { get; set; }

    /// <summary>For each row the first position of its document within the sequence, or null when sequences are one document each.</summary>
    public I32 SegmentStarts { get; set; }

    /// <summary>1 / number of counted targets of the optimiser step: the gradient of the loss with respect to each counted row's loss.</summary>
    public float LossScale { get; set; }

    /// <summary>Add to the gradients instead of overwriting them (second and later micro-batches).</summary>
    public bool AccumulateGradients { get; set; }

    /// <summary>Two counters for each layer that selects (see <see cref="ModelPlan.Selections"/>): how many it selected, and of how many. Null where nobody counts.</summary>
    public long[]? Selections { get; set; }

    /// <summary>Where a layer counts what it selects.</summary>
    /// <param name="slot">Its place in <see cref="ModelPlan.Selections"/>.</param>
    public SelectionCounter Selection(nint slot) => new(Selections, slot);

    /// <summary>Module program: input activations [rows, width] where the model has no embedding.</summary>
    public F32 ModuleInput { get; set; }

    /// <summary>Module program: upstream gradient of the output.</summary>
    public F32 ModuleOutputGradient { get; set; }

    /// <summary>Module program: set by the generated code to the output [rows, columns].</summary>
    public F32 ModuleOutput { get; set; }

    /// <summary>Module program: set by the generated code to the gradient of <see cref="ModuleInput"/>.</summary>
    public F32 ModuleInputGradient { get; set; }

    /// <summary>Set by train and evaluate: the loss of each row [rows], 0 for rows that are not counted.</summary>
    public F32 RowLosses { get; set; }

    /// <summary>Set by prefill and decode: logits of each sequence's last position [batch, vocabulary].</summary>
    public F32 Logits { get; set; }

    /// <summary>Prefill and decode: a matrix of the parameter arena, in the format it is kept in.</summary>
    /// <param name="offset">Where in the parameter arena it starts.</param>
    /// <param name="stride">Elements from one row to the next.</param>
    public Weight Weight(nint offset, nint stride)
        => Matrices.IsNull ? new Weight(Parameters.At(offset), stride) : new Weight(Matrices.At(offset - MatrixOffset), stride);
}
