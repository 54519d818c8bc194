using CsCheck;
using ModelDsl.Data;

namespace ModelDsl.Runtime.Tests.Data;

public class TokenBatchesTests
{
    [Fact]
    public void A_permutation_meets_every_index_once() => Gen.Select(Gen.Long[1, 3000], Gen.ULong).Sample(
        choice =>
        {
            Permutation order = new(choice.Item1, choice.Item2);
            bool[] seen = new bool[choice.Item1];
            for (long i = 0; i < choice.Item1; i++)
            {
                Assert.False(seen[order[i]]);
                seen[order[i]] = true;
            }
        });

    [Fact]
    public void A_permutation_of_a_huge_range_stays_inside_and_mixes()
    {
        const long Count = (1L << 40) + 12345;
        Permutation order = new(Count, 5);
        double mean = Enumerable.Range(0, 4000).Average(i => order[i] / (double)Count);
        Assert.InRange(mean, 0.47, 0.53); // 4 standard errors of 0.0046 and some
    }

    [Fact]
    public void An_epoch_draws_disjoint_windows_in_another_order_each_time_and_targets_are_inputs_shifted()
        => Gen.Select(Gen.Int[2, 400], Gen.Int[1, 20], Gen.Int[1, 5], Gen.Int).Sample(
            choice =>
            {
                (int count, int time, int batch, int seed) = choice;
                if (count <= time) return;
                TokenBatches batches = new(new TokenBuffer(Enumerable.Range(0, count).ToArray(), count), batch, time, seed);
                int[] inputs = new int[batch * time], targets = new int[batch * time];
                List<int> starts = [];
                while (starts.Count < batches.Windows)
                {
                    batches.Next(inputs, targets);
                    for (int row = 0; row < batch; row++)
                    {
                        int start = inputs[row * time];
                        for (int t = 0; t < time; t++) Assert.Equal((start + t, start + t + 1), (inputs[row * time + t], targets[row * time + t]));
                        starts.Add(start);
                    }
                }

                starts = [.. starts.Take((int)batches.Windows).Order()];
                for (int i = 1; i < starts.Count; i++) Assert.Equal(time, starts[i] - starts[i - 1]);
                Assert.InRange(batches.Windows, Math.Max(1, (count - 1) / time - 1), (count - 1) / time);
            });

    [Fact]
    public void The_same_seed_draws_the_same_and_a_restored_position_continues()
    {
        TokenBuffer tokens = new(Enumerable.Range(0, 1000).ToArray(), 1000);
        TokenBatches whole = new(tokens, 3, 10, seed: 5), again = new(tokens, 3, 10, seed: 5), other = new(tokens, 3, 10, seed: 6);
        List<int> Draw(TokenBatches batches, int count)
        {
            List<int> drawn = [];
            int[] inputs = new int[30], targets = new int[30];
            for (int i = 0; i < count; i++)
            {
                batches.Next(inputs, targets);
                drawn.AddRange(inputs);
            }

            return drawn;
        }

        List<int> expected = Draw(whole, 100), first = Draw(again, 47);
        string saved = again.SavePosition();
        TokenBatches resumed = new(tokens, 3, 10, seed: 5);
        resumed.RestorePosition(saved);
        Assert.Equal(expected, first.Concat(Draw(resumed, 53)));
        Assert.NotEqual(expected, Draw(other, 100));
        Assert.NotEqual(expected.Take(900), expected.Skip(900).Take(900)); // epochs differ
        Assert.Throws<InvalidDataException>(() => other.RestorePosition(saved));
        Assert.Throws<InvalidDataException>(() => other.RestorePosition("12"));
        Assert.Throws<InvalidDataException>(() => other.RestorePosition(""));
    }

    [Fact]
    public void A_position_in_another_text_is_refused_with_both_and_the_way_on()
    {
        int[] ids = [.. Enumerable.Range(0, 1000)], changed = [.. ids], longer = [.. ids, 7];
        changed[500] = 3;
        string saved = Batches(ids).SavePosition();
        Batches(ids).RestorePosition(saved);
        string message = Assert.Throws<InvalidDataException>(() => Batches(changed).RestorePosition(saved)).Message;
        Assert.Contains(new TokenBuffer(ids, 1000).Fingerprint(), message, StringComparison.Ordinal);
        Assert.Contains(new TokenBuffer(changed, 1000).Fingerprint(), message, StringComparison.Ordinal);
        Assert.Contains("Continue with the text", message, StringComparison.Ordinal);
        Assert.DoesNotContain("seed is", message, StringComparison.Ordinal); // only what differs
        message = Assert.Throws<InvalidDataException>(() => Batches(longer).RestorePosition(saved)).Message;
        Assert.Contains("the number of tokens is 1001 here, 1000 in the saved position", message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => Batches(ids).RestorePosition(saved[..saved.IndexOf("text=", StringComparison.Ordinal)].TrimEnd()));

        static TokenBatches Batches(int[] tokens) => new(new TokenBuffer(tokens, 1000), 2, 10, seed: 4);
    }

    [Fact]
    public void A_fingerprint_is_of_the_tokens_wherever_they_are_and_of_long_texts_sees_the_ends_and_parts_between()
    {
        using TemporaryFolder folder = new();
        using TokenFile file = TokenFile.Create(folder["t"], ByteTokenizer.Instance, [new StringReader("some text")]);
        Assert.Equal(TokenBuffer.FromText("some text", ByteTokenizer.Instance).Fingerprint(), file.Fingerprint());
        Assert.Equal("e3b0c44298fc1c14", new TokenBuffer(default, 5).Fingerprint()); // SHA-256 of nothing

        int[] ids = new int[3_000_000];
        HashSet<string> seen = [new TokenBuffer(ids, 5).Fingerprint()];
        foreach (int index in new[] { 0, 4095, 11_753, 2_999_999 }) // 11,753 is in the second block: 2,995,904 / 255 = 11,748
        {
            ids[index] = 1;
            Assert.True(seen.Add(new TokenBuffer(ids, 5).Fingerprint()));
            ids[index] = 0;
        }
    }

    [Fact]
    public void Validation_goes_through_the_text_in_order()
    {
        TokenBatches batches = new(new TokenBuffer(Enumerable.Range(0, 32).ToArray(), 32), 1, 10, shuffle: false);
        int[] inputs = new int[10], targets = new int[10];
        int[] starts = [.. Enumerable.Range(0, 4).Select(_ =>
        {
            batches.Next(inputs, targets);
            return inputs[0];
        })];
        Assert.Equal([0, 10, 20, 0], starts);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public void Too_little_text_is_told_with_the_numbers(int count)
    {
        string message = Assert.Throws<InvalidDataException>(() => new TokenBatches(new TokenBuffer(new int[count], 2), 1, 10)).Message;
        Assert.Contains($"{count} tokens", message, StringComparison.Ordinal);
        Assert.Contains("needs 11", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Drawing_from_a_file_allocates_nothing()
    {
        using TemporaryFolder folder = new();
        using TokenFile file = TokenFile.Create(folder["t"], ByteTokenizer.Instance, [new StringReader(new string('x', 5000))]);
        TokenBatches batches = new(file.Split(0.2).Training, 4, 64);
        int[] inputs = new int[256], targets = new int[256];
        batches.Next(inputs, targets);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) batches.Next(inputs, targets);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
