using ModelDsl.Programs;

namespace ModelDsl.Runtime.Tests.Training;

public sealed class ModelCardTests
{
    private static readonly ModelPlan Plan = new()
    {
        Name = "Two",
        Context = 16,
        Width = 8,
        Vocabulary = 10,
        OutputColumns = 10,
        Fingerprint = "two",
        Parameters =
        [
            Info("Tokens.Weight", 0, 10, 8), Info("Blocks.0.Attention.Query.Weight", 80, 8, 8), Info("Blocks.0.Attention.Query.Bias", 144, 8),
            Info("Blocks.1.Attention.Query.Weight", 160, 8, 8), Info("Blocks.1.Attention.Query.Bias", 224, 8), Info("Scale", 240, 1),
        ],
        ParameterFloats = 256,
        ConstantFloats = 32,
        CacheFloatsPerPosition = 4,
        Layers = [new("Tokens", 1, 80, 0, 0, 32), new("Blocks.*.Attention", 2, 144, 1000, 16, 320), new("Scale", 1, 1, 0, 0, 0)],
        Train = new ProgramPlan(100, 0, 50),
        Evaluate = new ProgramPlan(10, 0, 60),
        Prefill = new ProgramPlan(20, 10, 0),
        Decode = new ProgramPlan(30, 10, 0),
        Fusions = ["norm into product"],
    };

    [Fact]
    public void Repeated_blocks_are_one_line_of_the_table()
    {
        ModelCard card = new(Plan);
        Assert.Equal(225, card.Parameters);
        Assert.Equal(1000, card.ForwardFlopsPerToken);
        string text = card.ToString(2, 16);
        Assert.Contains("Blocks.*.Attention   2 x           144  64.0 %", text, StringComparison.Ordinal);
        Assert.Contains("fused: norm into product", text, StringComparison.Ordinal);
        Assert.Contains("1.00 KFLOP forward, 3.00 KFLOP training", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_is_what_the_handles_allocate()
    {
        BigramProgram bigram = new(50, 8);
        using ModelInstance model = ModelInstance.Create(bigram, 0);
        using Trainer trainer = model.CreateTrainer(new TrainerOptions { Batch = 4, Sequence = 8 });
        MemoryEstimate estimate = new ModelCard(bigram.Plan).TrainingMemory(4, 8);
        Assert.Equal(estimate.Total - estimate.Parameters, trainer.MemoryBytes - 3 * 32 * sizeof(int)); // less the token buffers

        Assert.Equal(new MemoryEstimate(288 * 4, 256 * 4, 512 * 4, 3200 * 4, 60 * 4, 0), new ModelCard(Plan).TrainingMemory(2, 16));
        Assert.Equal(new MemoryEstimate(288 * 4, 0, 0, (16 * 20 + 30) * 4, 0, 4 * 16 * 3 * 4), new ModelCard(Plan).DecodingMemory(3));
        Assert.Equal(new MemoryEstimate(32 * 4 + 256 * 2, 0, 0, (16 * 20 + 30) * 4, 0, 4 * 16 * 3 * 4), new ModelCard(Plan).DecodingMemory(3, weights: WeightFormat.BFloat16));
    }

    private static ParameterInfo Info(string name, long offset, params int[] shape) => new(name, shape, offset, new Initializer(InitializerKind.Constant, 0), true);
}
