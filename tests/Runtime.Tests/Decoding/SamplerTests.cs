using CsCheck;

namespace ModelDsl.Runtime.Tests.Decoding;

public sealed class SamplerTests
{
    private static readonly Gen<float[]> SomeLogits = Gen.Float[-4, 4].Array[1, 40];

    [Fact]
    public void Temperature_zero_takes_the_likeliest_and_of_equals_the_first()
    {
        Assert.Equal(1, Sampler.Greedy().Sample([0, 3, 3, -1]));
        SomeLogits.Sample(logits => Assert.Equal(Array.IndexOf(logits, logits.Max()), Sampler.Greedy().Sample(logits)));
    }

    /// <summary>Frequencies of draws against probabilities computed by sorting, for any options.</summary>
    [Fact]
    public void Draws_follow_the_truncated_distribution()
        => Gen.Select(SomeLogits, Gen.Double[0.3, 2], Gen.Int[0, 12], Gen.Double[0.1, 1], Gen.Int[0, 1000]).Sample((logits, temperature, topK, topP, seed) =>
        {
            topP *= 0.9998765; // off the simple fractions, where rounding decides which of equal tokens is the last
            double[] expected = Probabilities(logits, temperature, topK, topP);
            Sampler sampler = new(new SamplerOptions { Temperature = temperature, TopK = topK, TopP = topP, Seed = seed });
            const int draws = 4000;
            int[] counts = new int[logits.Length];
            for (int i = 0; i < draws; i++) counts[sampler.Sample(logits)]++;
            for (int i = 0; i < logits.Length; i++)
            {
                double deviation = Math.Sqrt(draws * expected[i] * (1 - expected[i]));
                Assert.True(Math.Abs(counts[i] - draws * expected[i]) <= (expected[i] == 0 ? 0 : 6 * deviation + 8), $"Token {i} was drawn {counts[i]} times, expected {draws * expected[i]}.");
            }
        }, iter: 100);

    [Fact]
    public void Equal_candidates_at_the_edge_of_top_k_are_taken_by_id()
    {
        Sampler sampler = new(new SamplerOptions { TopK = 2 });
        for (int i = 0; i < 50; i++) Assert.InRange(sampler.Sample([-0f, 0f, 0f, 0f, 0f]), 0, 1);
    }

    [Fact]
    public void The_same_seed_draws_the_same_tokens_and_its_state_can_be_put_back()
    {
        float[] logits = [1, 2, 3, 2, 1];
        Sampler Make() => new(new SamplerOptions { Seed = 7 });
        Sampler first = Make(), second = Make();
        int[] tokens = [.. Enumerable.Range(0, 50).Select(_ => first.Sample(logits))];
        Assert.Equal(tokens[..20], Enumerable.Range(0, 20).Select(_ => second.Sample(logits)));
        Sampler third = Make();
        third.Random.State = RandomState.Parse(second.Random.State.ToString());
        Assert.Equal(tokens[20..], Enumerable.Range(0, 30).Select(_ => third.Sample(logits)));
    }

    [Fact]
    public void The_penalty_applies_once_to_each_of_the_last_tokens()
    {
        Sampler sampler = new(new SamplerOptions { Temperature = 0, RepeatPenalty = 2, RepeatWindow = 2 });
        float[] logits = [3, 2, -1];
        Assert.Equal(0, sampler.Sample(logits));    // none seen
        Assert.Equal(1, sampler.Sample(logits));    // 1.5 against 2
        Assert.Equal(0, sampler.Sample(logits));    // 1.5 against 1
        sampler.Observe([1, 0, 0]);                 // pushes 1 out
        Assert.Equal(1, sampler.Sample(logits));    // 3 / 2, not 3 / 4, against 2
        sampler.Forget();
        sampler.Observe(2);
        Assert.Equal(2, sampler.Sample([float.NegativeInfinity, -3, -1]));  // -1 becomes -2
        sampler.Observe(2);
        Assert.Equal(1, sampler.Sample([float.NegativeInfinity, -1.5f, -1]));
    }

    [Fact]
    public void Excluded_tokens_are_never_drawn_and_bad_logits_are_refused()
    {
        Sampler sampler = new(new SamplerOptions { TopP = 0.99, Seed = 3 });
        for (int i = 0; i < 100; i++) Assert.InRange(sampler.Sample([float.NegativeInfinity, 0, 0, float.NegativeInfinity]), 1, 2);
        Assert.Contains("Logit 1 of 2 is NaN", Assert.Throws<ArgumentException>(() => sampler.Sample([0, float.NaN])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => sampler.Sample([float.NegativeInfinity]));
        Assert.Throws<ArgumentException>(() => sampler.Sample([]));
        string message = Assert.Throws<ArgumentException>(() => new Sampler(new SamplerOptions { TopP = 0, Temperature = -1 })).Message;
        Assert.Contains("TopP is 0", message, StringComparison.Ordinal);
        Assert.Contains("Temperature is -1", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Selection_finds_the_smallest_keys()
        => Gen.Select(Gen.ULong[0, 60].HashSet[1, 50].Select(set => set.ToArray()), Gen.Int[0, 50]).Sample((keys, count) =>
        {
            count = Math.Min(count, keys.Length);
            ulong[] expected = [.. keys.Order().Take(count)];
            Selection.Smallest(keys, count);
            Assert.Equal(expected, keys.Take(count).Order());
        });

    private static double[] Probabilities(float[] logits, double temperature, int topK, double topP)
    {
        int[] order = [.. Enumerable.Range(0, logits.Length).OrderByDescending(i => logits[i]).ThenBy(i => i)];
        if (topK > 0) order = [.. order.Take(topK)];
        double[] weights = [.. order.Select(i => Math.Exp(logits[i] / temperature))];
        double total = weights.Sum(), sum = 0;
        int count = 0;
        while (count < order.Length && (topP == 1 || sum < topP * total)) sum += weights[count++];
        double[] result = new double[logits.Length];
        for (int i = 0; i < count; i++) result[order[i]] = weights[i] / sum;
        return result;
    }
}
