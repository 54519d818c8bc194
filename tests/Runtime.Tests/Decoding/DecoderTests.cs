using CsCheck;

namespace ModelDsl.Runtime.Tests.Decoding;

public sealed class DecoderTests
{
    [Fact]
    public void A_prompt_is_computed_in_chunks_after_what_is_held()
    {
        HistoryProgram program = new() { RecordChunks = true };
        using ModelInstance model = ModelInstance.Create(program, 0);
        using Decoder decoder = model.CreateDecoder(new DecoderOptions { PrefillChunk = 3 });
        Assert.Equal(HistoryProgram.Logits([1, 2, 3, 4, 0, 1, 2], 5), decoder.Prefill([1, 2, 3, 4, 0, 1, 2]).ToArray());
        Assert.Equal(HistoryProgram.Logits([1, 2, 3, 4, 0, 1, 2, 3, 3], 5), decoder.Prefill([3, 3]).ToArray());
        Assert.Equal([3, 3, 1, 2], program.Chunks);
        Assert.Equal(9, decoder.Position);
        Assert.Equal(HistoryProgram.Logits([1, 2, 3, 4, 0, 1, 2, 3, 3, 4], 5), decoder.Step(4).ToArray());
    }

    /// <summary>Any interleaving of prefills, steps, idle steps, rewinds and forks of several sequences against lists.</summary>
    [Fact]
    public void Every_sequence_predicts_from_what_it_holds()
        => Gen.Int[0, int.MaxValue].Sample(seed =>
        {
            Random random = new(seed);
            int batch = random.Next(1, 4), context = random.Next(1, 13);
            using ModelInstance model = ModelInstance.Create(new HistoryProgram(5), 0);
            using Decoder decoder = model.CreateDecoder(new DecoderOptions { Batch = batch, Context = context, PrefillChunk = random.Next(1, 6) });
            List<int>[] held = [.. Enumerable.Range(0, batch).Select(_ => new List<int>())];
            for (int action = 0; action < 40; action++)
            {
                int s = random.Next(batch);
                switch (random.Next(5))
                {
                    case 0 when held[s].Count < context:
                        int[] prompt = [.. Enumerable.Range(0, random.Next(1, context - held[s].Count + 1)).Select(_ => random.Next(5))];
                        held[s].AddRange(prompt);
                        Assert.Equal(HistoryProgram.Logits(held[s], 5), decoder.Prefill(s, prompt).ToArray());
                        break;
                    case 1:
                        int keep = random.Next(held[s].Count + 1);
                        held[s].RemoveRange(keep, held[s].Count - keep);
                        decoder.Rewind(s, keep);
                        break;
                    case 2:
                        int target = random.Next(batch);
                        decoder.Fork(s, target);
                        held[target] = [.. held[s]];
                        break;
                    default:
                        int[] tokens = [.. held.Select(list => list.Count == context || random.Next(3) == 0 ? -1 : random.Next(5))];
                        float[] logits = decoder.Step(tokens).ToArray();
                        for (int b = 0; b < batch; b++)
                        {
                            if (tokens[b] < 0) continue;
                            held[b].Add(tokens[b]);
                            Assert.Equal(HistoryProgram.Logits(held[b], 5), logits[(b * 5)..(b * 5 + 5)]);
                        }

                        break;
                }

                for (int b = 0; b < batch; b++) Assert.Equal(held[b].Count, decoder.PositionOf(b));
            }
        }, iter: 500);

    [Fact]
    public void A_decoder_sees_the_parameters_as_they_are()
    {
        using ModelInstance model = ModelInstance.Create(new HistoryProgram(), 0);
        using Decoder decoder = model.CreateDecoder();
        decoder.Step(1);
        model.Parameters[0].Values[0] = 2;
        Assert.Equal([0, 2, 4, 0, 0], decoder.Step(2).ToArray());
    }

    [Fact]
    public void Rewinding_is_limited_by_its_window()
    {
        using ModelInstance model = ModelInstance.Create(new HistoryProgram(), 0);
        using Decoder decoder = model.CreateDecoder(new DecoderOptions { RewindWindow = 3 });
        decoder.Prefill([0, 1, 2, 3, 4, 0, 1, 2]);
        decoder.Rewind(6);
        decoder.Step(4);
        ArgumentOutOfRangeException exception = Assert.Throws<ArgumentOutOfRangeException>(() => decoder.Rewind(4));
        Assert.Contains("reached position 8 and keeps 3", exception.Message, StringComparison.Ordinal);
        decoder.Rewind(5);
        Assert.Equal(HistoryProgram.Logits([0, 1, 2, 3, 4, 1], 5), decoder.Step(1).ToArray());
        decoder.Rewind(0);
        Assert.Equal(HistoryProgram.Logits([2], 5), decoder.Step(2).ToArray());
    }

    [Fact]
    public void Errors_say_what_is_wrong_and_append_nothing()
    {
        using ModelInstance model = ModelInstance.Create(new HistoryProgram(), 0);
        using Decoder one = model.CreateDecoder(new DecoderOptions { Context = 4 }), two = model.CreateDecoder(new DecoderOptions { Batch = 2 });
        Throws<InvalidOperationException>(() => one.Prefill([0, 1, 2, 3, 4]), "holds 0 of 4 positions: 5 more", "DecoderOptions.Context (to at most 12)");
        Throws<ArgumentOutOfRangeException>(() => one.Prefill([0, 5]), "Token 1 of 2 is 5", "0 to 4");
        Throws<ArgumentException>(() => one.Prefill([]), "prompt is empty");
        Assert.Equal(0, one.Position);
        one.Prefill([0, 1, 2, 3]);
        Throws<ArgumentOutOfRangeException>(() => one.Step(-1), "Token 0 of 1 is -1");
        Throws<InvalidOperationException>(() => one.Step(0), "holds 4 of 4 positions: 1 more");
        Throws<ArgumentOutOfRangeException>(() => one.Rewind(5), "holds 4 tokens");
        Throws<InvalidOperationException>(() => two.Step(0), "2 sequences");
        Throws<ArgumentException>(() => two.Step([0]), "1 tokens for 2 sequences");
        Throws<ArgumentOutOfRangeException>(() => two.Prefill(2, [0]), "sequences 0 to 1");
        Throws<ArgumentException>(
            () => model.CreateDecoder(new DecoderOptions { Batch = 0, Context = 13, PrefillChunk = 0 }), "Batch is 0", "Context is 13", "context, 12", "PrefillChunk is 0");
        Throws<ArgumentException>(() => model.CreateDecoder(new DecoderOptions { Weights = (WeightFormat)7 }), "Weights is 7", "Float32 or BFloat16");
    }

    [Fact]
    public void Rounded_weights_need_vectors_before_matrices()
    {
        using ModelInstance model = ModelInstance.Create(new Training.BigramProgram(3), 0);
        Throws<ArgumentException>(() => model.CreateDecoder(new DecoderOptions { Weights = WeightFormat.BFloat16 }), "Weights is BFloat16", "'Head.Bias' lies behind one", "generate");
    }

    [Fact]
    public void A_decoder_with_weights_of_its_own_outlives_its_model_and_does_not_follow_it()
    {
        ModelInstance model = ModelInstance.Create(new HistoryProgram(), 0);
        using Decoder own = model.CreateDecoder(new DecoderOptions { Weights = WeightFormat.BFloat16 }), shared = model.CreateDecoder();
        Assert.Equal(own.MemoryBytes, shared.MemoryBytes + (16 + 3) * sizeof(float));
        model.Parameters[0].Values[0] = 3;
        Assert.Equal([0, 3, 0, 0, 0], shared.Step(1).ToArray());
        model.Dispose();
        Assert.Equal([0, 1, 0, 0, 0], own.Step(1).ToArray());
        Assert.Throws<ObjectDisposedException>(() => shared.Step(1).Length);
        own.Dispose();
        Assert.Throws<ObjectDisposedException>(() => own.Step(1).Length);
        Assert.Throws<ObjectDisposedException>(() => model.CreateDecoder(new DecoderOptions { Weights = WeightFormat.BFloat16 }));
    }

    [Fact]
    public void Generation_ends_at_a_stop_token_at_the_count_and_at_the_end_of_the_context()
    {
        using ModelInstance model = ModelInstance.Create(new HistoryProgram(), 0);
        using Decoder decoder = model.CreateDecoder();
        int[] generated = new int[20];

        // The likeliest token of this model is the one that was held last and most: 2 forever.
        Assert.Equal(3, decoder.Generate([1, 2], generated.AsSpan(0, 3), Sampler.Greedy()));
        Assert.Equal([2, 2, 2], generated[..3]);
        Assert.Equal(4, decoder.Position);
        int calls = 0;
        Assert.Equal(2, decoder.Generate([2], generated, Sampler.Greedy(), _ => ++calls < 2));
        decoder.Rewind(0);
        Assert.Equal(11, decoder.Generate([1, 2], generated, Sampler.Greedy()));
        Assert.Equal(12, decoder.Position);
    }

    private static void Throws<T>(Action action, params string[] parts) where T : Exception
    {
        T exception = Assert.ThrowsAny<T>(action);
        Assert.All(parts, part => Assert.Contains(part, exception.Message, StringComparison.Ordinal));
    }
}
