using ModelDsl.Memory;
using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>
/// Predicts token after token: keeps what a model must remember of each sequence, so that a step costs one token's work. All
/// memory is allocated when it is made; a step allocates nothing. It reads the parameters of the model it comes from, as they are
/// at each call, or a rounded copy of its own, made with it (<see cref="DecoderOptions.Weights"/>). Not thread-safe.
/// </summary>
/// <remarks>Logits are a view of its memory and do not keep it alive: hold the decoder while they are in use, which <c>using</c> does.</remarks>
public sealed partial class Decoder : IDisposable
{
    private readonly ModelProgram program;
    private readonly RoundedWeights? weights;
    private readonly FrameMemory memory;
    private readonly Arena cache;
    private readonly nint cacheStride;
    private readonly int chunk;
    private readonly int[] positions;
    private readonly int[] furthest;

    internal Decoder(ModelInstance model, DecoderOptions options) : this(model.Program, options, Weights(model, options))
    {
    }

    /// <summary>A decoder of a program and whatever holds its parameters; weights of its own are disposed with it.</summary>
    internal Decoder(ModelProgram program, DecoderOptions options, IFrameSource source)
    {
        ModelPlan plan = program.Plan;
        this.program = program;
        weights = source as RoundedWeights;
        Options = options;
        Batch = options.Batch;
        Context = options.ContextOf(plan);
        Vocabulary = plan.Vocabulary;
        chunk = Math.Min(options.PrefillChunk, Context);
        positions = new int[Batch];
        furthest = new int[Batch];
        ArenaFloats floats = ArenaFloats.Of(plan.Prefill, chunk, 1).Or(ArenaFloats.Of(plan.Decode, Batch, Batch));
        memory = new FrameMemory(source, options.Threads, floats, Math.Max(chunk, Batch));
        cacheStride = checked((nint)(plan.CacheFloatsPerPosition * Context));
        cache = new Arena(checked((long)cacheStride * Batch));
        Densities = new LayerDensities(plan);
    }

    /// <summary>The options it was made with.</summary>
    public DecoderOptions Options { get; }

    /// <summary>Number of sequences.</summary>
    public int Batch { get; }

    /// <summary>Positions each sequence can hold.</summary>
    public int Context { get; }

    /// <summary>Number of token ids, hence of logits a sequence.</summary>
    public int Vocabulary { get; }

    /// <summary>Tokens that sequence 0 holds: the position of its next one.</summary>
    public int Position => positions[0];

    /// <summary>
    /// How much the layers that select (<c>[SparkFfn]</c>, <c>[TopKFfn]</c>, <c>[SparkAttention]</c>, <c>[TopKAttention]</c>) have selected since the decoder was made or <see cref="ResetDensities"/> was called, in order of declaration;
    /// empty for a model without such layers.
    /// </summary>
    public LayerDensities Densities { get; }

    /// <summary>Bytes of native memory it holds: caches, activations and scratch, and weights and tables where it has its own; otherwise those are the model's.</summary>
    public long MemoryBytes => memory.Bytes + (long)cache.Length * sizeof(float) + (weights?.Bytes ?? 0);

    /// <summary>Tokens that a sequence holds: the position of its next one.</summary>
    public int PositionOf(int sequence) => positions[Checked(sequence)];

    /// <summary>Appends tokens to the only sequence, many at once.</summary>
    /// <inheritdoc cref="Prefill(int, ReadOnlySpan{int})"/>
    public ReadOnlySpan<float> Prefill(scoped ReadOnlySpan<int> prompt)
    {
        RequireSingle(nameof(Prefill));
        return Prefill(0, prompt);
    }

    /// <summary>Appends tokens to a sequence, many at once, after what it holds; the others are left as they are.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    /// <param name="prompt">Token ids, at least one.</param>
    /// <returns>Logits [vocabulary] of the token after the last one; valid until the next call.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sequence, or a token lies outside the vocabulary.</exception>
    /// <exception cref="InvalidOperationException">The sequence cannot hold that many more tokens; nothing was appended.</exception>
    public ReadOnlySpan<float> Prefill(int sequence, scoped ReadOnlySpan<int> prompt)
    {
        Checked(sequence);
        if (prompt.IsEmpty) throw new ArgumentException("The prompt is empty: at least one token is needed to predict the next.", nameof(prompt));
        TokenChecks.Inputs(prompt, program.Plan, nameof(prompt));
        RequireRoom(sequence, prompt.Length);
        Frame frame = memory.Frame;
        using (memory.Workers.Gate.EnterScope())
        {
            for (int done = 0; done < prompt.Length;)
            {
                int count = Math.Min(chunk, prompt.Length - done);
                Bind(1, count, sequence);
                FrameMemory.Fill(frame.Inputs, prompt.Slice(done, count));
                frame.Starts[0] = positions[sequence];
                program.Prefill(frame);
                Advance(sequence, count);
                done += count;
            }
        }

        GC.KeepAlive(this);
        return frame.Logits.AsSpan(Vocabulary);
    }

    /// <summary>Appends a token to the only sequence.</summary>
    /// <returns>Logits [vocabulary] of the token after it; valid until the next call.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The token lies outside the vocabulary.</exception>
    /// <exception cref="InvalidOperationException">The context is full, or there are several sequences.</exception>
    public ReadOnlySpan<float> Step(int token)
    {
        RequireSingle(nameof(Step));
        TokenChecks.Input(token, 0, 1, program.Plan, nameof(token));
        return Step([token]);
    }

    /// <summary>Appends one token to each sequence.</summary>
    /// <param name="tokens">A token id for each sequence, or a negative value for one that is to stay as it is.</param>
    /// <returns>Logits [batch, vocabulary] of the tokens after them, meaningless for a sequence that stays; valid until the next call.</returns>
    /// <exception cref="ArgumentException">There is not one token a sequence.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A token lies outside the vocabulary.</exception>
    /// <exception cref="InvalidOperationException">The context of a sequence is full; nothing was appended to any.</exception>
    public ReadOnlySpan<float> Step(scoped ReadOnlySpan<int> tokens)
    {
        if (tokens.Length != Batch) throw new ArgumentException($"There are {tokens.Length} tokens for {Batch} sequences: each needs one, negative where it is to stay.", nameof(tokens));
        for (int i = 0; i < tokens.Length; i++)
        {
            if (tokens[i] < 0) continue;
            TokenChecks.Input(tokens[i], i, tokens.Length, program.Plan, nameof(tokens));
            RequireRoom(i, 1);
        }

        Frame frame = memory.Frame;
        using (memory.Workers.Gate.EnterScope())
        {
            Bind(Batch, 1, 0);
            for (int i = 0; i < tokens.Length; i++)
            {
                // A sequence that stays computes a token too, at a position that is overwritten before it is next read.
                frame.Inputs[i] = Math.Max(tokens[i], 0);
                frame.Starts[i] = Math.Min(positions[i], Context - 1);
            }

            program.Decode(frame);
            for (int i = 0; i < tokens.Length; i++)
            {
                if (tokens[i] >= 0) Advance(i, 1);
            }
        }

        GC.KeepAlive(this);
        return frame.Logits.AsSpan((nint)Batch * Vocabulary);
    }

    /// <summary>Forgets the last tokens of the only sequence.</summary>
    /// <inheritdoc cref="Rewind(int, int)"/>
    public void Rewind(int position)
    {
        RequireSingle(nameof(Rewind));
        Rewind(0, position);
    }

    /// <summary>Forgets the last tokens of a sequence. Its next logits come with the next token.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    /// <param name="position">Tokens to keep; 0 starts anew, which is always possible.</param>
    /// <exception cref="ArgumentOutOfRangeException">The position lies after the sequence's, or further back than <see cref="DecoderOptions.RewindWindow"/>.</exception>
    public void Rewind(int sequence, int position)
    {
        int current = positions[Checked(sequence)];
        if (position < 0 || position > current)
            throw new ArgumentOutOfRangeException(nameof(position), position, $"Sequence {sequence} holds {current} tokens: it can go back to 0 to {current}.");
        if (position > 0 && Options.RewindWindow is { } window && position < furthest[sequence] - window)
        {
            throw new ArgumentOutOfRangeException(nameof(position), position,
                $"Sequence {sequence} has reached position {furthest[sequence]} and keeps {window} positions to go back (DecoderOptions.RewindWindow): to {furthest[sequence] - window} at the earliest, or to 0.");
        }

        positions[sequence] = position;
        if (position == 0) furthest[sequence] = 0;
    }

    /// <summary>Makes a sequence hold what another one holds, for several continuations of one prompt.</summary>
    /// <param name="from">The sequence to copy.</param>
    /// <param name="to">The sequence that becomes like it.</param>
    public unsafe void Fork(int from, int to)
    {
        if (Checked(from) == Checked(to)) return;
        // Every layer's part of the block may be in use up to the position; the rest of it is copied rather than known here.
        F32 caches = cache.Data;
        Buffer.MemoryCopy(caches.At(from * cacheStride).Pointer, caches.At(to * cacheStride).Pointer, (long)cacheStride * sizeof(float), (long)cacheStride * sizeof(float));
        positions[to] = positions[from];
        furthest[to] = furthest[from];
        GC.KeepAlive(this);
    }

    /// <summary>Begins to count <see cref="Densities"/> anew.</summary>
    public void ResetDensities() => Densities.Reset();

    /// <summary>Frees caches, scratch and weights of its own; the model's parameters stay.</summary>
    public void Dispose()
    {
        weights?.Dispose();
        memory.Dispose();
        cache.Dispose();
    }

    private void Bind(int batch, int time, int sequence)
    {
        Frame frame = memory.Bind(batch, time);
        frame.Cache = cache.Data.At(sequence * cacheStride);
        frame.CacheCapacity = Context;
        frame.CacheStride = cacheStride;
        frame.Inputs = memory.Inputs;
        frame.Starts = memory.Targets;
        frame.Selections = Densities.Counters;
    }

    private void Advance(int sequence, int count)
    {
        positions[sequence] += count;
        furthest[sequence] = Math.Max(furthest[sequence], positions[sequence]);
    }

    private int Checked(int sequence) => (uint)sequence < (uint)Batch
        ? sequence
        : throw new ArgumentOutOfRangeException(nameof(sequence), sequence, $"There are sequences 0 to {Batch - 1}.");

    private void RequireRoom(int sequence, int count)
    {
        if (positions[sequence] + (long)count <= Context) return;
        throw new InvalidOperationException(
            $"Sequence {sequence} holds {positions[sequence]} of {Context} positions: {count} more do not fit. Rewind it, or give it fewer tokens"
            + (Context < program.Plan.Context ? $", or raise DecoderOptions.Context (to at most {program.Plan.Context})." : "."));
    }

    private static IFrameSource Weights(ModelInstance model, DecoderOptions options)
    {
        options.Validate(model.Plan);
        return options.Weights == WeightFormat.Float32 ? model : new RoundedWeights(model, SharedWorkers.Of(options.Threads));
    }

    private void RequireSingle(string method)
    {
        if (Batch != 1) throw new InvalidOperationException($"This decoder has {Batch} sequences: call the {method} that says which.");
    }
}
