using ModelDsl.Programs;

namespace ModelDsl.Testing.Tests;

public class DecodingTests
{
    [Fact]
    public void GeneratedModelsDecodeAsTheyCompute()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            CheckOptions options = new() { Seed = seed, Batch = 1 + (seed % 4), Sequence = 1 + seed };
            using LlamaLm llama = LlamaLm.Create(seed);
            Assert.InRange(ModelChecks.DecodeEqualsForward(llama, options), 1e-9, 5e-6);
            using ReluLm relu = ReluLm.Create(seed);
            Assert.InRange(ModelChecks.DecodeEqualsForward(relu, options with { Sequence = Math.Min(options.Sequence!.Value, 20) }), 1e-9, 5e-6);
        }
    }

    [Fact]
    public void TheWholeContextFitsAndParametersStay()
    {
        using LlamaLm model = LlamaLm.Create(1);
        float[] before = model.Parameters[0].Values.ToArray();
        ModelChecks.DecodeEqualsForward(model, new CheckOptions { Sequence = 48 });
        ModelChecks.DecodeEqualsForward(model, new CheckOptions { RandomParameters = false });
        Assert.Equal(before, model.Parameters[0].Values.ToArray());
    }

    [Fact]
    public void AStepThatComputesTheNextPositionIsFound() => Fails<StepsAhead>("by Step.");

    [Fact]
    public void APrefillThatIsWrongAfterItsFirstChunkIsFound() => Fails<SecondChunk>("in chunks of 1.");

    [Fact]
    public void CachesOfASequenceThatAnotherOneWritesAreFound() => Fails<SharedCache>("by ");

    [Fact]
    public void WhatARewindLeavesBehindIsFound() => Fails<Forgetful>("after Rewind");

    [Theory]
    [InlineData(0f, "gives only zeros")]
    [InlineData(float.NaN, "gives a logit of NaN")]
    public void AForwardPassThatGivesNothingToCompareWithIsSaid(float value, string message)
    {
        using LlamaLm model = LlamaLm.Create(1);
        model.Tokens.Weight.Values.Fill(value);
        ModelCheckException thrown = Assert.Throws<ModelCheckException>(() => ModelChecks.DecodeEqualsForward(model, new CheckOptions { RandomParameters = false }));
        Assert.Contains(message, thrown.Message, StringComparison.Ordinal);
    }

    private static void Fails<TFault>(string call) where TFault : SpoiledProgram, new()
    {
        using var model = Spoiled<LlamaLm, TFault>.Create(1);
        ModelCheckException thrown = Assert.Throws<ModelCheckException>(() => ModelChecks.DecodeEqualsForward(model));
        Assert.Contains("Decoding 'LlamaLm' does not give the logits of its forward pass: sequence ", thrown.Message, StringComparison.Ordinal);
        Assert.Contains(call, thrown.Message, StringComparison.Ordinal);
    }

    /// <summary>Turns the first step's queries and keys by one position too many.</summary>
    private sealed class StepsAhead : SpoiledProgram
    {
        public override void Decode(Frame frame)
        {
            for (int i = 0; i < frame.Batch; i++) frame.Starts[i] = Math.Min(frame.Starts[i] + 1, frame.CacheCapacity - 1);
            base.Decode(frame);
        }
    }

    private sealed class SecondChunk : SpoiledProgram
    {
        public override void Prefill(Frame frame)
        {
            base.Prefill(frame);
            if (frame.Starts[0] > 0) frame.Logits[0] += 0.001f;
        }
    }

    private sealed class SharedCache : SpoiledProgram
    {
        public override void Decode(Frame frame)
        {
            frame.CacheStride = 0;
            base.Decode(frame);
        }
    }

    /// <summary>A token that a sequence took back stays in the logits.</summary>
    private sealed class Forgetful : SpoiledProgram
    {
        private readonly Dictionary<nint, int> reached = [];

        public override unsafe void Decode(Frame frame)
        {
            base.Decode(frame);
            for (int i = 0; i < frame.Batch; i++)
            {
                nint cache = (nint)frame.Cache.At(i * frame.CacheStride).Pointer;
                int start = frame.Starts[i], before = reached.GetValueOrDefault(cache);
                if (start > 0 && start < before - 1) frame.Logits.At(i * (nint)Plan.Vocabulary)[0] += 0.01f;
                reached[cache] = start + 1;
            }
        }

        public override unsafe void Prefill(Frame frame)
        {
            base.Prefill(frame);
            reached[(nint)frame.Cache.Pointer] = frame.Starts[0] + frame.Time;
        }
    }
}
