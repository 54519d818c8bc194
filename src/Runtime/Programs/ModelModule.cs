using ModelDsl.Memory;
using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>
/// A model, or a block by itself, as a function without a loss: <c>Forward</c> computes outputs, <see cref="Backward"/> the
/// gradients of inputs and parameters from gradients of the outputs. For gradient checks, distillation and losses of one's own.
/// Memory is allocated when it is made; runs allocate nothing. Not thread-safe.
/// </summary>
/// <remarks>Results are views of its memory and do not keep it alive: hold the module while they are in use, which <c>using</c> does.</remarks>
public sealed class ModelModule : IDisposable
{
    private readonly ModelInstance model;
    private readonly FrameMemory memory;
    private readonly Arena gradients;
    private readonly Arena input;
    private readonly Arena outputGradient;
    private readonly int batch;
    private readonly int sequence;
    private bool computed;

    internal ModelModule(ModelInstance model, ModuleOptions options)
    {
        ModelPlan plan = model.Plan;
        options.Validate(plan);
        this.model = model;
        batch = options.Batch;
        sequence = options.SequenceOf(plan);
        TakesTokens = plan.Vocabulary > 0;
        InputColumns = TakesTokens ? 1 : plan.Width;
        OutputColumns = plan.OutputColumns;
        int rows = batch * sequence;
        memory = new FrameMemory(model, options.Threads, ArenaFloats.Of(plan.Module, rows, batch), rows);
        gradients = new Arena(plan.ParameterFloats);
        input = new Arena(TakesTokens ? 0 : (long)rows * InputColumns);
        outputGradient = new Arena((long)rows * OutputColumns);
        Parameters = new ParameterCollection(plan.Parameters, model.ParameterArena, gradients);
    }

    /// <summary>Whether inputs are token ids (the model has an embedding) rather than activations.</summary>
    public bool TakesTokens { get; }

    /// <summary>Floats of a position's input: the width, or 1 where inputs are token ids.</summary>
    public int InputColumns { get; }

    /// <summary>Floats of a position's output: the width, or the vocabulary of a model with a head.</summary>
    public int OutputColumns { get; }

    /// <summary>The model's parameters, with the gradients of the last <see cref="Backward"/>.</summary>
    public ParameterCollection Parameters { get; }

    /// <summary>Bytes of native memory it holds; parameters are the model's.</summary>
    public long MemoryBytes => memory.Bytes + ((long)gradients.Length + input.Length + outputGradient.Length) * sizeof(float);

    /// <summary>Computes outputs from token ids.</summary>
    /// <param name="tokens">Token ids [batch, sequence].</param>
    /// <param name="batch">Number of sequences.</param>
    /// <param name="sequence">Positions of each sequence.</param>
    /// <param name="segmentStarts">For each position the one at which its document starts; empty where every sequence is one document.</param>
    /// <returns>Outputs [batch · sequence, <see cref="OutputColumns"/>], valid until the next call.</returns>
    /// <exception cref="InvalidOperationException">The model takes activations.</exception>
    /// <exception cref="ArgumentException">Extents or tokens do not fit.</exception>
    public ReadOnlySpan<float> Forward(scoped ReadOnlySpan<int> tokens, int batch, int sequence, scoped ReadOnlySpan<int> segmentStarts = default)
    {
        if (!TakesTokens) throw new InvalidOperationException($"'{model.Plan.Name}' has no embedding: its inputs are activations of {InputColumns} floats a position.");
        Check(tokens.Length, 1, batch, sequence, segmentStarts);
        TokenChecks.Inputs(tokens, model.Plan, nameof(tokens));
        Frame frame = memory.Bind(batch, sequence);
        frame.Inputs = FrameMemory.Fill(memory.Inputs, tokens);
        return Run(frame, segmentStarts);
    }

    /// <summary>Computes outputs from activations.</summary>
    /// <param name="activations">Inputs [batch · sequence, <see cref="InputColumns"/>].</param>
    /// <param name="batch">Number of sequences.</param>
    /// <param name="sequence">Positions of each sequence.</param>
    /// <param name="segmentStarts">For each position the one at which its document starts; empty where every sequence is one document.</param>
    /// <returns>Outputs [batch · sequence, <see cref="OutputColumns"/>], valid until the next call.</returns>
    /// <exception cref="InvalidOperationException">The model takes token ids.</exception>
    /// <exception cref="ArgumentException">Extents do not fit.</exception>
    public ReadOnlySpan<float> Forward(scoped ReadOnlySpan<float> activations, int batch, int sequence, scoped ReadOnlySpan<int> segmentStarts = default)
    {
        if (TakesTokens) throw new InvalidOperationException($"'{model.Plan.Name}' has an embedding: its inputs are token ids.");
        Check(activations.Length, InputColumns, batch, sequence, segmentStarts);
        Frame frame = memory.Bind(batch, sequence);
        activations.CopyTo(input.Data.AsSpan(activations.Length));
        frame.ModuleInput = input.Data;
        return Run(frame, segmentStarts);
    }

    /// <summary>Propagates gradients of the outputs of the last Forward back to inputs and parameters (<see cref="Parameter.Gradient"/>).</summary>
    /// <param name="outputGradients">Gradients [batch · sequence, <see cref="OutputColumns"/>] of a loss with respect to the outputs.</param>
    /// <param name="accumulate">Add to the parameters' gradients instead of replacing them.</param>
    /// <returns>Gradients [batch · sequence, <see cref="InputColumns"/>] of the inputs, valid until the next call; empty where inputs are token ids.</returns>
    /// <exception cref="InvalidOperationException">There is no Forward to go back through: each takes one Backward.</exception>
    /// <exception cref="ArgumentException">There is not one gradient an output.</exception>
    public ReadOnlySpan<float> Backward(scoped ReadOnlySpan<float> outputGradients, bool accumulate = false)
    {
        if (!computed) throw new InvalidOperationException("Call Forward first; each Forward takes one Backward.");
        Frame frame = memory.Frame;
        if (outputGradients.Length != frame.Rows * OutputColumns)
            throw new ArgumentException($"There are {outputGradients.Length} gradients of {frame.Rows} × {OutputColumns} outputs.", nameof(outputGradients));
        computed = false;
        using (memory.Workers.Gate.EnterScope())
        {
            memory.Bind(frame.Batch, frame.Time);
            outputGradients.CopyTo(outputGradient.Data.AsSpan(outputGradients.Length));
            frame.ModuleOutputGradient = outputGradient.Data;
            frame.Gradients = gradients.Data;
            frame.AccumulateGradients = accumulate;
            model.Program.Backward(frame);
        }

        GC.KeepAlive(this);
        return TakesTokens ? default : frame.ModuleInputGradient.AsSpan(frame.Rows * InputColumns);
    }

    /// <summary>Frees its memory; the model's parameters stay.</summary>
    public void Dispose()
    {
        memory.Dispose();
        gradients.Dispose();
        input.Dispose();
        outputGradient.Dispose();
    }

    private ReadOnlySpan<float> Run(Frame frame, scoped ReadOnlySpan<int> segmentStarts)
    {
        computed = false;
        frame.SegmentStarts = segmentStarts.IsEmpty ? default : FrameMemory.Fill(memory.SegmentStarts, segmentStarts);
        using (memory.Workers.Gate.EnterScope()) model.Program.Forward(frame);
        computed = true;
        GC.KeepAlive(this);
        return frame.ModuleOutput.AsSpan(frame.Rows * OutputColumns);
    }

    private void Check(int values, int columns, int batch, int sequence, ReadOnlySpan<int> segmentStarts)
    {
        if (batch < 1 || batch > this.batch) throw new ArgumentOutOfRangeException(nameof(batch), batch, $"This module takes 1 to {this.batch} sequences (ModuleOptions.Batch).");
        if (sequence < 1 || sequence > this.sequence) throw new ArgumentOutOfRangeException(nameof(sequence), sequence, $"A sequence has 1 to {this.sequence} positions (ModuleOptions.Sequence).");
        if (values != (long)batch * sequence * columns)
            throw new ArgumentException($"There are {values} inputs; {batch} sequences of {sequence} positions need {(long)batch * sequence * columns}.", nameof(values));
        if (!segmentStarts.IsEmpty && segmentStarts.Length != batch * sequence)
            throw new ArgumentException($"There are {segmentStarts.Length} segment starts for {batch * sequence} positions: each needs one, or none has.", nameof(segmentStarts));
        TokenChecks.SegmentStarts(segmentStarts, sequence);
    }
}
