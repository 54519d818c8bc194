using System.Diagnostics;
using System.Globalization;
using ModelDsl.TorchReference;

namespace ModelDsl.Benchmarks.Ratios;

/// <summary>
/// Peak memory, measured in a process for each contender: a process's peak includes every library in it.
/// </summary>
internal static class MemoryChild
{
    private const string Ours = "ours", Torch = "TorchSharp", Empty = "empty runtime";
    private const int Steps = 3;

    /// <summary>The group that starts the processes.</summary>
    public static RatioGroup Group() => new()
    {
        Name = "peak memory of that training",
        Contenders = [Contender.Of(Ours, () => Start("ours")), Contender.Of(Torch, () => Start("peer")), Contender.Of(Empty, () => Start("empty"))],
        Rows = [new("peak memory of training against TorchSharp's", round => round[Ours] / round[Torch], 0.5, 0.3) { Better = Better.Lower }],
        Unit = "MB",
        Rounds = 1,
        Figure = (_, bytes) => bytes / 1e6,
    };

    /// <summary>What such a process does: trains for a few steps and prints its peak in bytes.</summary>
    public static int Run(string who)
    {
        int threads = Environment.ProcessorCount;
        switch (who)
        {
            case "ours":
                {
                    using SmallGpt2 model = SmallGpt2.Create(seed: 1);
                    using Trainer trainer = model.CreateTrainer(TrainingGroup.Options(threads));
                    for (int i = 0; i < Steps; i++) trainer.Step(Workloads.Tokens(i).Inputs, Workloads.Tokens(i).Targets);
                    break;
                }

            case "peer":
                {
                    TorchThreads(threads);
                    using TorchTransformer model = new(Workloads.Gpt2) { Fused = true };
                    model.Parameters.Randomize(seed: 1, deviation: 0.02);
                    using TorchTrainer trainer = TrainingGroup.CreatePeer(model);
                    for (int i = 0; i < Steps; i++) trainer.Step(Workloads.Tokens(i).Inputs, Workloads.Tokens(i).Targets, Workloads.Batch);
                    break;
                }

            case "empty":
                break;
            default:
                Console.Error.WriteLine($"'{who}' is none of ours, peer, empty.");
                return 1;
        }

        Console.WriteLine(Peak().ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    private static void TorchThreads(int threads)
    {
        TorchLoader.Load();
        TorchSharp.torch.set_num_threads(threads);
    }

    private static double Start(string who)
    {
        string program = Environment.ProcessPath!;
        string[] arguments = ["memory", who];
        if (Path.GetFileNameWithoutExtension(program) == "dotnet") arguments = [typeof(MemoryChild).Assembly.Location, .. arguments];
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? double.Parse(output, CultureInfo.InvariantCulture)
            : throw new BenchmarkException($"The process that measures the memory of '{who}' failed with exit code {process.ExitCode}.");
    }

    // VmHWM: the largest resident size so far, in kB.
    private static long Peak()
    {
        if (!OperatingSystem.IsLinux()) return Process.GetCurrentProcess().PeakWorkingSet64;
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Split('\t')[^1], CultureInfo.InvariantCulture) * 1024;
    }
}
