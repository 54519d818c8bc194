using ModelDsl;
using ModelDsl.Benchmarks;

// Trains until it is ended, and says when a step has.
const int Batch = 8, Sequence = 256;
using SmallGpt2 model = SmallGpt2.Create(seed: 1);
using Trainer trainer = model.CreateTrainer(new TrainerOptions { Batch = Batch, Sequence = Sequence });
Random random = new(1);
int[] inputs = [.. Enumerable.Range(0, Batch * Sequence).Select(_ => random.Next(8192))], targets = [.. inputs.Skip(1), inputs[0]];
for (int step = 1; ; step++)
{
    trainer.Step(inputs, targets);
    Console.WriteLine($"step {step}");
}
