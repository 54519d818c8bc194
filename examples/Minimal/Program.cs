using Minimal;
using ModelDsl;

// Everything once: train on a rule (the next token is five further), save, load, decode. The exit code says whether the rule was learned.
const int Vocabulary = 32, Time = 16;
int[] inputs = [.. Enumerable.Range(0, 4 * Time).Select(i => i * 5 % Vocabulary)], targets = [.. inputs.Select(token => (token + 5) % Vocabulary)];
using MinimalLm model = MinimalLm.Create(seed: 1);
using Trainer trainer = model.CreateTrainer(new TrainerOptions { Batch = 4, Sequence = Time, Optimizer = new AdamW { LearningRate = 1e-2 } });
double first = trainer.Step(inputs, targets).Loss, last = first;
for (int step = 0; step < 60; step++) last = trainer.Step(inputs, targets).Loss;

string path = Path.Combine(Path.GetTempPath(), $"minimal-{Environment.ProcessId}.safetensors");
model.Save(path);
using MinimalLm loaded = MinimalLm.Load(path);
File.Delete(path);
using Decoder decoder = loaded.CreateDecoder();
int next = Sampler.Greedy().Sample(decoder.Prefill(inputs.AsSpan(0, 8)));
Console.WriteLine($"loss {first:F3} to {last:F3}; after {inputs[7]} comes {next}");
return last < first / 4 && next == targets[7] ? 0 : 1;
