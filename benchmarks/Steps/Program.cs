using System.Diagnostics;
using System.Globalization;
using ModelDsl;
using ModelDsl.Benchmarks;

// Trains for so many seconds; prints for each step when it ended, in seconds since the process started, and how long it took.
double duration = double.Parse(args[0], CultureInfo.InvariantCulture);
DateTime start = Process.GetCurrentProcess().StartTime;
const int Batch = 8, Sequence = 256;
using SmallGpt2 model = SmallGpt2.Create(seed: 1);
using Trainer trainer = model.CreateTrainer(new TrainerOptions { Batch = Batch, Sequence = Sequence });
Random random = new(1);
int[] inputs = [.. Enumerable.Range(0, Batch * Sequence).Select(_ => random.Next(8192))], targets = [.. inputs.Skip(1), inputs[0]];
double now;
do
{
    long before = Stopwatch.GetTimestamp();
    trainer.Step(inputs, targets);
    double seconds = Stopwatch.GetElapsedTime(before).TotalSeconds;
    now = (DateTime.Now - start).TotalSeconds;
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{now} {seconds}"));
}
while (now < duration);
