using BenchmarkDotNet.Attributes;
using ModelDsl.Benchmarks.Ratios;

namespace ModelDsl.Benchmarks;

/// <summary>A training step of the GPT-2 shape and a decoded token of the Llama shape.</summary>
[MemoryDiagnoser]
public class ModelBenchmarks
{
    private const int PromptLength = 64;
    private readonly (int[] Inputs, int[] Targets) tokens = Workloads.Tokens(0);
    private SmallGpt2? trained;
    private Trainer? trainer;
    private SmallLlama? decoded;
    private Decoder? decoder;

    [Params(1, 0)]
    public int Threads { get; set; }

    [GlobalSetup(Target = nameof(TrainingStep))]
    public void SetupTraining()
    {
        trained = SmallGpt2.Create(seed: 1);
        trainer = trained.CreateTrainer(TrainingGroup.Options(Threads));
    }

    [GlobalSetup(Target = nameof(DecodedToken))]
    public void SetupDecoding()
    {
        decoded = SmallLlama.Create(seed: 1);
        decoder = decoded.CreateDecoder(new DecoderOptions { Batch = 1, Threads = Threads });
        decoder.Prefill([.. Enumerable.Range(1, PromptLength)]);
    }

    [Benchmark]
    public double TrainingStep() => trainer!.Step(tokens.Inputs, tokens.Targets).Loss;

    [Benchmark]
    public float DecodedToken()
    {
        decoder!.Rewind(PromptLength);
        return decoder.Step(1)[0];
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        trainer?.Dispose();
        trained?.Dispose();
        decoder?.Dispose();
        decoded?.Dispose();
    }
}
