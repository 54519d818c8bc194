using ModelDsl;

// dotnet run -c Release -- [steps] [a text file or a folder of them]
int steps = 300;
if (args.Length > 0 && !int.TryParse(args[0], out steps))
{
    Console.Error.WriteLine($"The first argument is the number of steps; '{args[0]}' is none. A text comes second: dotnet run -c Release -- 300 texts");
    return;
}

Corpus corpus = args.Length > 1 ? Corpus.FromPath(args[1]) : Corpus.DotNetDocumentation();
Console.WriteLine(TextModel.Card);

const int Batch = 8;
int context = TextModel.Card.Context;
Directory.CreateDirectory("out");
using TokenFile tokens = TokenFile.Create("out/tokens.bin", ByteTokenizer.Instance, corpus.Open());
Console.WriteLine($"{corpus.Name}: {tokens.Count:N0} bytes");

using TextModel model = TextModel.Create(seed: 1);
using Trainer trainer = model.CreateTrainer(new TrainerOptions
{
    Batch = Batch,
    Sequence = context,
    Optimizer = new AdamW { LearningRate = 2e-3, WeightDecay = 0.1 },
    Schedule = LearningRateSchedule.WarmupCosine(Math.Min(20, steps / 10), Math.Max(steps, 1)),
});
TokenBatches batches = new(tokens, Batch, context, seed: 1);
int[] inputs = new int[Batch * context], targets = new int[Batch * context];
for (int step = 1; step <= steps; step++)
{
    batches.Next(inputs, targets);
    StepReport report = trainer.Step(inputs, targets);
    if (step == 1 || step % 20 == 0 || step == steps) Console.WriteLine(report);
}

model.Save("out/model.safetensors");

using Decoder decoder = model.CreateDecoder();
int[] prompt = ByteTokenizer.Instance.Encode("Returns the "), written = new int[context - prompt.Length];
int count = decoder.Generate(prompt, written, new Sampler(new SamplerOptions { Temperature = 0.8, TopK = 40, Seed = 1 }));
Console.WriteLine("Returns the " + ByteTokenizer.Instance.Decode(written.AsSpan(0, count)));
