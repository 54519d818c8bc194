using ModelDsl.Programs;

namespace ModelDsl.Testing.Tests;

/// <summary>Runs alone: what the whole process allocates is counted.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public class AllocationTestsRunAlone;

[Collection(nameof(AllocationTests))]
public class AllocationTests
{
    [Fact]
    public void GeneratedModelsAllocateNothing()
    {
        using LlamaLm model = LlamaLm.Create(1);
        ModelChecks.TrainingAllocatesNothing(model);
        ModelChecks.DecodingAllocatesNothing(model);
        ModelChecks.ModuleAllocatesNothing(model);
        using BlockFunction function = BlockFunction.Create(1);
        ModelChecks.ModuleAllocatesNothing(function, new CheckOptions { Threads = 3 });
    }

    [Fact]
    public void WhatTheCallingThreadAllocatesIsCounted()
    {
        using var model = Spoiled<LlamaLm, Boxing>.Create(1);
        ModelCheckException training = Assert.Throws<ModelCheckException>(() => ModelChecks.TrainingAllocatesNothing(model));
        // A boxed integer is 24 bytes; two micro-batches a step, ten steps.
        Assert.Contains("a training step of 'LlamaLm' allocates: 480 bytes in 10 steps", training.Message, StringComparison.Ordinal);
        Assert.Contains("480 bytes in 10 steps on the thread that calls", training.Message, StringComparison.Ordinal);
        ModelCheckException decoding = Assert.Throws<ModelCheckException>(() => ModelChecks.DecodingAllocatesNothing(model));
        Assert.Contains("a prefill of 'LlamaLm' allocates: 240 bytes", decoding.Message, StringComparison.Ordinal);
        Assert.Contains("a forward and a backward pass", Assert.Throws<ModelCheckException>(() => ModelChecks.ModuleAllocatesNothing(model)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(31)]
    public void WhatOnlyALatePositionAllocatesIsCounted(int position)
    {
        using var model = Spoiled<LlamaLm, Late>.Create(1, program => program.Position = position);
        ModelCheckException thrown = Assert.Throws<ModelCheckException>(() => ModelChecks.DecodingAllocatesNothing(model));
        Assert.Contains("decoding 32 positions of 'LlamaLm', and rewinding them, allocates: ", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatAnotherThreadAllocatesIsCounted()
    {
        using Barrier barrier = new(2);
        byte[]? made = null;
        using CancellationTokenSource end = new();
        Thread worker = new(() =>
        {
            while (true)
            {
                barrier.SignalAndWait();
                if (end.IsCancellationRequested) return;
                made = new byte[1000];
                barrier.SignalAndWait();
            }
        });
        worker.Start();
        ModelCheckException thrown = Assert.Throws<ModelCheckException>(() => ModelChecks.AllocatesNothing("a step of two threads", () =>
        {
            barrier.SignalAndWait();
            barrier.SignalAndWait();
        }));
        end.Cancel();
        barrier.SignalAndWait();
        worker.Join();
        Assert.NotNull(made);
        Assert.Contains("a step of two threads allocates", thrown.Message, StringComparison.Ordinal);
    }

    private sealed class Late : SpoiledProgram
    {
        private object? kept;

        public int Position { get; set; }

        public override void Decode(Frame frame)
        {
            base.Decode(frame);
            if (frame.Starts[0] == Position) kept = frame.Batch;
        }
    }

    private sealed class Boxing : SpoiledProgram
    {
        private object? kept;

        public override void Train(Frame frame)
        {
            base.Train(frame);
            kept = frame.Batch;
        }

        public override void Prefill(Frame frame)
        {
            base.Prefill(frame);
            kept = frame.Batch;
        }

        public override void Backward(Frame frame)
        {
            base.Backward(frame);
            kept = kept is null ? frame.Batch : null;
        }
    }
}
