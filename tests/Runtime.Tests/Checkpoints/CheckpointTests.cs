using System.Diagnostics;
using System.Text.RegularExpressions;
using ModelDsl.Checkpoints;
using ModelDsl.Memory;
using ModelDsl.Programs;

namespace ModelDsl.Runtime.Tests.Checkpoints;

public class CheckpointTests
{
    [Fact]
    public void A_model_and_its_optimiser_come_back_and_a_model_alone_is_loaded_from_either()
    {
        using TemporaryFolder folder = new();
        ModelPlan plan = Plan("abc", ("Tokens.Weight", [4, 3]), ("Blocks.0.Norm.Weight", [3]));
        using Arena parameters = Filled(plan, 1), first = Filled(plan, 2), second = Filled(plan, 3);
        SafetensorsWriter writer = new();
        Checkpoint.Add(writer, plan, parameters.Data, new CheckpointSlot(Checkpoint.FirstMoment, first.Data), new CheckpointSlot(Checkpoint.SecondMoment, second.Data));
        writer.Save(folder["f"]);

        using SafetensorsFile file = SafetensorsFile.Open(folder["f"]);
        Assert.True(file.TryGetTensor("optimizer.second_moment.Tokens.Weight", out _));
        using Arena loaded = new(plan.ParameterFloats), loadedFirst = new(plan.ParameterFloats), loadedSecond = new(plan.ParameterFloats);
        Checkpoint.Load(file, plan, loaded.Data, new CheckpointSlot(Checkpoint.FirstMoment, loadedFirst.Data), new CheckpointSlot(Checkpoint.SecondMoment, loadedSecond.Data));
        AssertSame(plan, parameters, loaded);
        AssertSame(plan, first, loadedFirst);
        AssertSame(plan, second, loadedSecond);

        using Arena alone = new(plan.ParameterFloats);
        Checkpoint.Load(file, plan, alone.Data);
        AssertSame(plan, parameters, alone);
    }

    [Fact]
    public void Every_missing_unexpected_and_misshaped_tensor_is_listed_and_nothing_is_written()
    {
        using TemporaryFolder folder = new();
        ModelPlan saved = Plan("abc", ("Tokens.Weight", [4, 3]), ("Blocks.0.Attention.Q.Weight", [3, 3]), ("Head.Weight", [5, 3]));
        using Arena parameters = Filled(saved, 1);
        SafetensorsWriter writer = new();
        Checkpoint.Add(writer, saved, parameters.Data);
        writer.Save(folder["f"]);

        ModelPlan wanted = Plan("def", ("Tokens.Weight", [8, 3]), ("Blocks.0.Attention.Query.Weight", [3, 3]), ("FinalNorm.Weight", [3]));
        using Arena target = new(wanted.ParameterFloats);
        using SafetensorsFile file = SafetensorsFile.Open(folder["f"]);
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Checkpoint.Load(file, wanted, target.Data));
        Assert.Equal(2, exception.Missing.Count);
        Assert.Contains("'Blocks.0.Attention.Query.Weight' [3, 3]; the file has 'Blocks.0.Attention.Q.Weight'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'FinalNorm.Weight' [3]", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'Head.Weight' [5, 3]", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'Tokens.Weight' is [4, 3], the model has [8, 3]", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(target.Data.AsSpan(target.Length).ToArray(), value => value != 0);

        CheckpointException slots = Assert.Throws<CheckpointException>(() => Checkpoint.Load(file, saved, target.Data, new CheckpointSlot(Checkpoint.FirstMoment, target.Data)));
        Assert.Equal(3, slots.Missing.Count);
    }

    [Fact]
    public void Another_graph_is_refused_by_its_fingerprint_and_a_file_without_one_is_accepted_if_it_fits()
    {
        using TemporaryFolder folder = new();
        ModelPlan saved = Plan("abc", ("Norm.Weight", [3])), other = Plan("def", ("Norm.Weight", [3]));
        using Arena parameters = Filled(saved, 1), target = new(saved.ParameterFloats);
        SafetensorsWriter writer = new();
        Checkpoint.Add(writer, saved, parameters.Data);
        writer.Save(folder["f"]);
        using (SafetensorsFile file = SafetensorsFile.Open(folder["f"]))
        {
            string message = Assert.Throws<CheckpointException>(() => Checkpoint.Load(file, other, target.Data)).Message;
            Assert.Contains("'abc'", message, StringComparison.Ordinal);
            Assert.Contains("'def'", message, StringComparison.Ordinal);
        }

        writer.Metadata.Remove(Checkpoint.FingerprintKey);
        writer.Save(folder["f"]);
        using SafetensorsFile plain = SafetensorsFile.Open(folder["f"]);
        Checkpoint.Load(plain, other, target.Data);
        AssertSame(saved, parameters, target);
    }

    [Fact]
    public void A_header_of_very_many_names_is_refused_in_time_proportional_to_it()
    {
        // Each of 3,000 missing tensors must not look at all of 100,000 others: that took 14 seconds.
        using TemporaryFolder folder = new();
        SafetensorsWriter writer = new();
        for (int i = 0; i < 100_000; i++) writer.Add($"Stranger.{i}", [1, 0], Array.Empty<float>());
        writer.Save(folder["f"]);
        ModelPlan plan = Plan("abc", [.. Enumerable.Range(0, 3000).Select(i => ($"Wanted.{i}", new[] { 3 }))]);
        using Arena target = new(plan.ParameterFloats);
        using SafetensorsFile file = SafetensorsFile.Open(folder["f"]);
        Stopwatch watch = Stopwatch.StartNew();
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Checkpoint.Load(file, plan, target.Data));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(8));
        Assert.Equal((3000, 100_000), (exception.Missing.Count, exception.Unexpected.Count));
        Assert.Equal((5, 5), (Regex.Count(exception.Message, "'Wanted"), Regex.Count(exception.Message, "'Stranger")));
        Assert.Contains("and 2995 more\n", exception.Message, StringComparison.Ordinal);
    }

    private static ModelPlan Plan(string fingerprint, params (string Name, int[] Shape)[] parameters)
    {
        List<ParameterInfo> infos = [];
        long offset = 0;
        foreach ((string name, int[] shape) in parameters)
        {
            infos.Add(new ParameterInfo(name, shape, offset, default, false));
            offset += (infos[^1].Length + 15) / 16 * 16;
        }

        return new ModelPlan
        {
            Name = "Tiny",
            Context = 8,
            Width = 3,
            Vocabulary = 4,
            OutputColumns = 4,
            Fingerprint = fingerprint,
            Parameters = infos,
            ParameterFloats = offset,
            ConstantFloats = 0,
            CacheFloatsPerPosition = 0,
        };
    }

    private static Arena Filled(ModelPlan plan, int seed)
    {
        Arena arena = new(plan.ParameterFloats);
        Random random = new(seed);
        foreach (ref float value in arena.Data.AsSpan(arena.Length)) value = random.NextSingle();
        return arena;
    }

    private static void AssertSame(ModelPlan plan, Arena expected, Arena actual)
    {
        foreach (ParameterInfo parameter in plan.Parameters)
            Assert.Equal(expected.Data.At((nint)parameter.Offset).AsSpan((nint)parameter.Length), actual.Data.At((nint)parameter.Offset).AsSpan((nint)parameter.Length));
    }
}
