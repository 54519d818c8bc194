using System.Diagnostics;
using ModelDsl.Memory;
using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>
/// Trains a model: owns gradients, optimiser slots and activations, all allocated when it is made. It changes the parameters of
/// the model it comes from. A step allocates nothing, and its result does not depend on the number of threads. Not thread-safe.
/// </summary>
public sealed partial class Trainer : IDisposable
{
    private readonly ModelInstance model;
    private readonly FrameMemory memory;
    private readonly UpdateLayout layout;
    private readonly Arena gradients;
    private readonly Arena[] slots;
    private readonly int batch;
    private readonly int sequence;
    private readonly KeyValuePair<string, object?> tag;
    private readonly KeyValuePair<string, object?>[] densityTags;
    private long updates;
    private long totalTokens;

    internal Trainer(ModelInstance model, TrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ModelPlan plan = model.Plan;
        options.Validate(plan);
        this.model = model;
        Options = options;
        batch = options.Batch;
        sequence = options.SequenceOf(plan);
        tag = new("model", plan.Name);
        layout = new UpdateLayout(plan, options);
        int rows = checked(batch * sequence);
        memory = new FrameMemory(model, options.Threads, ArenaFloats.Of(plan.Train, rows, batch).Or(ArenaFloats.Of(plan.Evaluate, rows, batch)), rows);
        gradients = new Arena(plan.ParameterFloats);
        slots = new Arena[options.Optimizer.Slots.Count];
        for (int i = 0; i < slots.Length; i++) slots[i] = new Arena(plan.ParameterFloats);
        Parameters = new ParameterCollection(plan.Parameters, model.ParameterArena, gradients);
        Random = new RandomSource((ulong)(uint)options.Seed);
        Densities = new LayerDensities(plan);
        densityTags = [.. plan.Selections.Select(layer => new KeyValuePair<string, object?>("layer", layer))];
    }

    /// <summary>The options it was made with.</summary>
    public TrainerOptions Options { get; }

    /// <summary>The model's parameters, with their gradients.</summary>
    public ParameterCollection Parameters { get; }

    /// <summary>Steps taken so far, of a resumed training too.</summary>
    public long CurrentStep { get; private set; }

    /// <summary>Random numbers for whoever prepares batches; a checkpoint keeps its state.</summary>
    public RandomSource Random { get; }

    /// <summary>How much the layers that select (<c>[SparkFfn]</c>, <c>[TopKFfn]</c>, <c>[SparkAttention]</c>, <c>[TopKAttention]</c>) selected in the last step, in order of declaration; empty for a model without such layers.</summary>
    public LayerDensities Densities { get; }

    /// <summary>Bytes of native memory it holds: gradients, optimiser slots, activations and scratch; parameters are the model's.</summary>
    public long MemoryBytes => memory.Bytes + (1 + slots.Length) * (long)gradients.Length * sizeof(float);

    /// <summary>
    /// Trains on sequences of <see cref="TrainerOptions.Sequence"/> tokens: forward, backward, clipping and update.
    /// </summary>
    /// <param name="inputs">Token ids, sequence after sequence; at most GradientAccumulation × Batch sequences.</param>
    /// <param name="targets">For each input the token that should follow it; a negative one is not counted.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or no target is counted.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A token or target lies outside the vocabulary.</exception>
    /// <exception cref="NonFiniteException">The loss or a gradient is NaN or infinite, and the options say to throw.</exception>
    public StepReport Step(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets) => Step(inputs, targets, WholeSequences(inputs.Length), sequence);

    /// <summary>Trains on fewer or shorter sequences than the capacities, or on sequences of several documents.</summary>
    /// <param name="inputs">Token ids [batch, sequence].</param>
    /// <param name="targets">For each input the token that should follow it; a negative one is not counted.</param>
    /// <param name="batch">Number of sequences, at most GradientAccumulation × Batch.</param>
    /// <param name="sequence">Positions of each sequence, at most Sequence.</param>
    /// <param name="segmentStarts">For each input the position within its sequence at which its document starts: attention and state stop there. Empty where every sequence is one document.</param>
    /// <inheritdoc cref="Step(ReadOnlySpan{int}, ReadOnlySpan{int})"/>
    public StepReport Step(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, int batch, int sequence, ReadOnlySpan<int> segmentStarts = default)
    {
        long start = Stopwatch.GetTimestamp();
        int counted = Check(inputs, targets, batch, sequence, segmentStarts);
        if (counted == 0) throw new ArgumentException("Every target is negative: there is nothing to learn from.", nameof(targets));
        StepReport report;
        using (memory.Workers.Gate.EnterScope())
        {
            Densities.Reset();
            double loss = Pass(inputs, targets, batch, sequence, segmentStarts, counted, train: true) / counted;
            report = Update(loss, inputs.Length);
        }

        report = report with { Targets = counted, Elapsed = Stopwatch.GetElapsedTime(start) };
        TrainingMetrics.Record(report, tag);
        TrainingMetrics.Record(Densities, tag, densityTags);
        GC.KeepAlive(this);
        if (report.NonFinite is not null && Options.OnNonFinite == NonFiniteAction.Throw) throw new NonFiniteException(report);
        CurrentStep = report.Step;
        totalTokens = report.TotalTokens;
        return report;
    }

    /// <summary>The mean loss of sequences of <see cref="TrainerOptions.Sequence"/> tokens; nothing is changed, and gradients stay those of the last step.</summary>
    /// <param name="inputs">Token ids, sequence after sequence; any number of sequences.</param>
    /// <param name="targets">For each input the token that should follow it; a negative one is not counted.</param>
    /// <inheritdoc cref="Evaluate(ReadOnlySpan{int}, ReadOnlySpan{int}, int, int, ReadOnlySpan{int})" path="/exception"/>
    public Evaluation Evaluate(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets) => Evaluate(inputs, targets, WholeSequences(inputs.Length), sequence);

    /// <summary>The mean loss of sequences of any length.</summary>
    /// <param name="inputs">Token ids [batch, sequence].</param>
    /// <param name="targets">For each input the token that should follow it; a negative one is not counted.</param>
    /// <param name="batch">Number of sequences; computed <see cref="TrainerOptions.Batch"/> at a time.</param>
    /// <param name="sequence">Positions of each sequence, at most Sequence.</param>
    /// <param name="segmentStarts">As in <see cref="Step(ReadOnlySpan{int}, ReadOnlySpan{int}, int, int, ReadOnlySpan{int})"/>.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or no target is counted.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A token or target lies outside the vocabulary.</exception>
    public Evaluation Evaluate(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, int batch, int sequence, ReadOnlySpan<int> segmentStarts = default)
    {
        (double sum, int counted) = SumOfLosses(inputs, targets, batch, sequence, segmentStarts);
        if (counted == 0) throw new ArgumentException("Every target is negative: there is no loss to take the mean of.", nameof(targets));
        return new Evaluation(sum / counted, counted);
    }

    /// <summary>Frees gradients, slots and activations; the model's parameters stay.</summary>
    public void Dispose()
    {
        memory.Dispose();
        gradients.Dispose();
        foreach (Arena slot in slots) slot.Dispose();
    }

    private StepReport Update(double loss, int tokens)
    {
        long step = CurrentStep + 1;
        double norm = GradientNorm.Compute(memory.Workers.Pool, layout, gradients.Data);
        double factor = Options.Schedule.Factor(step);
        if (!(factor >= 0) || double.IsInfinity(factor))
            throw new InvalidOperationException($"The schedule {Options.Schedule.GetType().Name} gives {factor} at step {step}: it must be a number of 0 or more. Nothing was updated.");
        double learningRate = Options.Optimizer.LearningRate * factor;
        string? nonFinite = null;
        if (!double.IsFinite(norm)) nonFinite = GradientNorm.FirstNonFinite(layout, gradients.Data)?.Name ?? "loss";
        else if (!double.IsFinite(loss)) nonFinite = "loss";

        if (nonFinite is null)
        {
            // The formula of torch.nn.utils.clip_grad_norm_.
            double clip = Options.ClipNorm is { } most ? Math.Min(1, most / (norm + 1e-6)) : 1;
            Options.Optimizer.Update(new UpdateContext
            {
                Pool = memory.Workers.Pool,
                Layout = layout,
                Parameters = model.ParameterArena.Data,
                Gradients = gradients.Data,
                Slots = slots,
                Updates = ++updates,
                LearningRate = learningRate,
                ClipFactor = clip,
            });
        }

        return new StepReport
        {
            Step = step,
            Loss = loss,
            GradientNorm = norm,
            LearningRate = learningRate,
            Tokens = tokens,
            TotalTokens = totalTokens + tokens,
            NonFinite = nonFinite,
        };
    }
}
