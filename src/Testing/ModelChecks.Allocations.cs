using System.Diagnostics;
using System.Globalization;
using ModelDsl.Testing;

namespace ModelDsl;

public static partial class ModelChecks
{
    private const int WarmUp = 5, CleanSteps = 10, Attempts = 100;
    private const double LongestAttempt = 50; // milliseconds

    /// <summary>Checks that training steps and evaluations allocate no managed memory, on any thread.</summary>
    /// <param name="model">The model; it is left as it was.</param>
    /// <param name="options">Sizes and seed.</param>
    /// <inheritdoc cref="AllocatesNothing" path="/remarks"/>
    /// <exception cref="ModelCheckException">Bytes are allocated; the message says how many and on which threads.</exception>
    public static void TrainingAllocatesNothing<T>(T model, CheckOptions? options = null) where T : ILanguageModel<T>
    {
        ModelCard card = T.Card;
        options = (options ?? new CheckOptions()).Validated(card);
        using BorrowedParameters borrowed = new(model.Parameters, options);
        int batch = options.Batch, sequence = options.SequenceOf(card), rows = batch * sequence;
        using Trainer trainer = model.CreateTrainer(options.Applied(card, new TrainerOptions { OnNonFinite = NonFiniteAction.SkipUpdate }));
        Random random = Draws.Stream(options.Seed, Drawn.Inputs);
        int[] inputs = Draws.Tokens(random, rows, card.Vocabulary), targets = Draws.Targets(random, rows, card.Vocabulary);
        AllocatesNothing($"a training step of '{card.Name}'", () => trainer.Step(inputs, targets, batch, sequence));
        AllocatesNothing($"an evaluation of '{card.Name}'", () => trainer.Evaluate(inputs, targets, batch, sequence));
    }

    /// <summary>Checks that prefilling, decoding from the first position to a full context, and rewinding from there allocate no managed memory, on any thread.</summary>
    /// <param name="model">The model; it is left as it was.</param>
    /// <param name="options">Sizes and seed.</param>
    /// <inheritdoc cref="AllocatesNothing" path="/remarks"/>
    /// <exception cref="ModelCheckException">Bytes are allocated; the message says how many and on which threads.</exception>
    public static void DecodingAllocatesNothing<T>(T model, CheckOptions? options = null) where T : ILanguageModel<T>
    {
        ModelCard card = T.Card;
        options = (options ?? new CheckOptions()).Validated(card);
        using BorrowedParameters borrowed = new(model.Parameters, options);
        int batch = options.Batch, sequence = options.SequenceOf(card);
        using Decoder decoder = model.CreateDecoder(new DecoderOptions { Batch = batch, Context = sequence, Threads = options.Threads });
        int[] tokens = Draws.Tokens(Draws.Stream(options.Seed, Drawn.Inputs), Math.Max(batch, sequence), card.Vocabulary);
        // From the first position to the full context, and back: what only a late position or a rewind allocates counts, too.
        AllocatesNothing(FormattableString.Invariant($"decoding {sequence} positions of '{card.Name}', and rewinding them,"), () =>
        {
            while (decoder.Position < sequence) decoder.Step(tokens.AsSpan(0, batch));
            for (int i = 0; i < batch; i++) decoder.Rewind(i, 0);
        });
        AllocatesNothing($"a prefill of '{card.Name}'", () =>
        {
            decoder.Rewind(0, 0);
            decoder.Prefill(0, tokens.AsSpan(0, sequence));
        });
    }

    /// <summary>Checks that forward and backward passes of a module allocate no managed memory, on any thread.</summary>
    /// <param name="model">The model; it is left as it was.</param>
    /// <param name="options">Sizes and seed.</param>
    /// <inheritdoc cref="AllocatesNothing" path="/remarks"/>
    /// <exception cref="ModelCheckException">Bytes are allocated; the message says how many and on which threads.</exception>
    public static void ModuleAllocatesNothing<T>(T model, CheckOptions? options = null) where T : IModel<T>
    {
        ModelCard card = T.Card;
        options = (options ?? new CheckOptions()).Validated(card);
        using BorrowedParameters borrowed = new(model.Parameters, options);
        using ModuleRun run = new(model.CreateModule(ModuleRun.Options(card, options)), card, options);
        float[] upstream = run.Draw(options.Seed);
        AllocatesNothing($"a forward and a backward pass of '{card.Name}'", () =>
        {
            run.Forward();
            run.Module.Backward(upstream);
        });
    }

    /// <summary>Checks that a step of one's own allocates no managed memory, on any thread.</summary>
    /// <remarks>
    /// After five steps to warm up, ten steps must pass without a byte allocated in the whole process: in a row, or in shorter rows where ten take longer than 50 ms. There are 100
    /// attempts, since the runtime itself (tiered compilation), the test host and tests that run at the same time allocate, too. On the calling thread not one byte is allowed at any of them.
    /// What a step allocates only now and then is not seen where ten steps pass without it.
    /// </remarks>
    /// <param name="what">What the step is, for the message: "a training step".</param>
    /// <param name="step">The step.</param>
    /// <exception cref="ModelCheckException">Bytes are allocated; the message says how many and on which threads.</exception>
    public static void AllocatesNothing(string what, Action step)
    {
        ArgumentNullException.ThrowIfNull(step);
        for (int i = 0; i < WarmUp - 1; i++) step();
        long start = Stopwatch.GetTimestamp();
        step();
        int steps = (int)Math.Clamp(LongestAttempt / Stopwatch.GetElapsedTime(start).TotalMilliseconds, 1, CleanSteps), clean = 0;
        long least = long.MaxValue;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            long all = GC.GetTotalAllocatedBytes(precise: true), here = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < steps; i++) step();
            here = GC.GetAllocatedBytesForCurrentThread() - here;
            all = GC.GetTotalAllocatedBytes(precise: true) - all;
            // What this thread allocates is the step's own: nothing else runs on it.
            if (here > 0)
                throw new ModelCheckException(CultureInfo.InvariantCulture, $"After {WarmUp} steps to warm up, {what} allocates: {here} bytes in {steps} steps on the thread that calls.");
            if (all == 0 && (clean += steps) >= CleanSteps) return;
            least = Math.Min(least, all);
            Thread.Sleep(10);
        }

        throw new ModelCheckException(CultureInfo.InvariantCulture,
            $"After {WarmUp} steps to warm up, {what} allocates: {least} bytes in {steps} steps at the least of {Attempts} attempts, "
            + $"none of them on the thread that calls: worker threads allocate, or other tests ran at the same time, in which case let this one run alone.");
    }
}
