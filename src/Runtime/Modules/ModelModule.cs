using ModelDsl.Memory;
using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>
/// A model without its loss, as a function with a gradient: <c>Forward(x)</c>, then <c>Backward(dy)</c>. For gradient checks, distillation
/// and losses of one's own. It shares the model's parameters and has gradients of its own; a call allocates nothing. Not thread-safe.
/// </summary>
public sealed unsafe class ModelModule : IDisposable
{
    private readonly ModelInstance model;
    private readonly SharedWorkers workers;
    private readonly Frame frame;
    private readonly Arena activations;
    private readonly Arena sequences;
    private readonly Arena scratch;
    private readonly Arena gradients;
    private readonly Arena input;
    private readonly Arena outputGradient;
    private readonly int batch;
    private readonly int sequence;
    private bool hasForward;

    /// <summary>Allocates for the largest call; made by generated code.</summary>
    /// <exception cref="ArgumentException">The options do not fit the model.</exception>
    public ModelModule(ModelInstance model, ModuleOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        ModelPlan plan = model.Plan;
        options.Validate(plan);
        this.model = model;
        batch = options.Batch;
        sequence = options.SequenceOf(plan);
        long rows = (long)batch * sequence;
        ProgramPlan memory = plan.Module;
        activations = new Arena(checked(memory.FloatsPerRow * rows));
        sequences = new Arena(checked(memory.FloatsPerSequence * batch));
        scratch = new Arena(memory.ConstantFloats);
        gradients = new Arena(plan.ParameterFloats);
        input = new Arena(ReadsTokens ? rows : checked(rows * plan.Width));
        outputGradient = new Arena(checked(rows * plan.OutputColumns));
        workers = SharedWorkers.Of(options.Threads);
        frame = new Frame(workers.Pool);
        Parameters = new ParameterCollection(plan.Parameters, model.ParameterArena, gradients);
    }

    /// <summary>The model's parameters, with the gradients of the last <see cref="Backward"/>.</summary>
    public ParameterCollection Parameters { get; }

    /// <summary>Whether the input is token ids rather than activations.</summary>
    public bool ReadsTokens => model.Plan.Vocabulary > 0;

    /// <summary>Elements of a row of the output: the model's width, or the vocabulary where it ends in a head.</summary>
    public int OutputColumns => model.Plan.OutputColumns;

    /// <summary>Computes the output of activations.</summary>
    /// <param name="activations">[batch, time, width].</param>
    /// <param name="batch">Number of sequences, at most <see cref="ModuleOptions.Batch"/>.</param>
    /// <param name="time">Positions of each, at most <see cref="ModuleOptions.Sequence"/>.</param>
    /// <returns>[batch, time, <see cref="OutputColumns"/>], valid until the next call.</returns>
    public ReadOnlySpan<float> Forward(ReadOnlySpan<float> activations, int batch, int time)
    {
        if (ReadsTokens) throw new InvalidOperationException($"Model '{model.Plan.Name}' begins with an embedding: its input is token ids.");
        nint rows = Rows(batch, time);
        Require(activations.Length, rows * model.Plan.Width, nameof(activations), "batch × time × width");
        Bind(batch, time);
        frame.ModuleInput = input.Data;
        activations.CopyTo(input.Data.AsSpan(activations.Length));
        return Run(rows);
    }

    /// <summary>Computes the logits of token ids.</summary>
    /// <param name="tokens">[batch, time].</param>
    /// <param name="batch">Number of sequences, at most <see cref="ModuleOptions.Batch"/>.</param>
    /// <param name="time">Positions of each, at most <see cref="ModuleOptions.Sequence"/>.</param>
    /// <returns>[batch, time, <see cref="OutputColumns"/>], valid until the next call.</returns>
    public ReadOnlySpan<float> Forward(ReadOnlySpan<int> tokens, int batch, int time)
    {
        if (!ReadsTokens) throw new InvalidOperationException($"Model '{model.Plan.Name}' has no embedding: its input is activations [batch, time, width].");
        nint rows = Rows(batch, time);
        Require(tokens.Length, rows, nameof(tokens), "batch × time");
        TokenChecks.Inputs(tokens, model.Plan, nameof(tokens));
        Bind(batch, time);
        frame.Inputs = new I32((int*)input.Data.Pointer);
        tokens.CopyTo(new Span<int>(frame.Inputs.Pointer, tokens.Length));
        return Run(rows);
    }

    /// <summary>Propagates the gradient of the last <see cref="Forward(ReadOnlySpan{float}, int, int)"/>'s output; overwrites the gradients of parameters.</summary>
    /// <param name="outputGradient">[batch, time, <see cref="OutputColumns"/>] of the last forward.</param>
    /// <returns>The gradient of the input, [batch, time, width], valid until the next call; empty where the input is token ids.</returns>
    public ReadOnlySpan<float> Backward(ReadOnlySpan<float> outputGradient)
    {
        if (!hasForward) throw new InvalidOperationException("Backward needs a Forward before it.");
        Require(outputGradient.Length, frame.Rows * OutputColumns, nameof(outputGradient), "batch × time × output columns of the last Forward");
        BindParameters();
        frame.Gradients = gradients.Data;
        frame.ModuleOutputGradient = this.outputGradient.Data;
        outputGradient.CopyTo(this.outputGradient.Data.AsSpan(outputGradient.Length));
        hasForward = false; // the backward reuses the memory of what it has read
        lock (workers.Gate) model.Program.Backward(frame);
        return ReadsTokens ? default : frame.ModuleInputGradient.AsSpan(frame.Rows * model.Plan.Width);
    }

    /// <summary>Frees activations and gradients; the model lives on.</summary>
    public void Dispose()
    {
        foreach (Arena arena in (ReadOnlySpan<Arena>)[activations, sequences, scratch, gradients, input, outputGradient]) arena.Dispose();
    }

    private nint Rows(int batch, int time)
    {
        if (batch < 1 || batch > this.batch) throw new ArgumentOutOfRangeException(nameof(batch), batch, $"Batch must be from 1 to {this.batch}.");
        if (time < 1 || time > sequence) throw new ArgumentOutOfRangeException(nameof(time), time, $"Time must be from 1 to {sequence}.");
        return (nint)batch * time;
    }

    private void Bind(int batch, int time)
    {
        BindParameters();
        frame.Batch = batch;
        frame.Time = time;
    }

    private void BindParameters()
    {
        frame.Parameters = model.ParameterArena.Data;
        frame.Constants = model.ConstantArena.Data;
        frame.Activations = activations.Data;
        frame.Sequences = sequences.Data;
        frame.Scratch = scratch.Data;
    }

    private ReadOnlySpan<float> Run(nint rows)
    {
        lock (workers.Gate) model.Program.Forward(frame);
        hasForward = true;
        return frame.ModuleOutput.AsSpan(rows * OutputColumns);
    }

    private static void Require(int length, nint expected, string argument, string product)
    {
        if (length != expected) throw new ArgumentException($"Length is {length}: it must be {product} = {expected}.", argument);
    }
}
