using System.Runtime.InteropServices;
using ModelDsl.Simd;
using TorchSharp;

namespace ModelDsl.Benchmarks.Ratios;

/// <summary>Where a report was made.</summary>
/// <param name="Processor">Name of the processor, where the system tells.</param>
/// <param name="Threads">Threads in use by all contenders.</param>
/// <param name="VectorBits">Width of our vectors.</param>
/// <param name="System">Operating system.</param>
/// <param name="Runtime">.NET's version.</param>
/// <param name="Torch">Version of TorchSharp and libtorch.</param>
/// <param name="OpenBlas">Version and kernels of OpenBLAS, where it is installed.</param>
internal sealed record MachineDescription(string Processor, int Threads, int VectorBits, string System, string Runtime, string Torch, string? OpenBlas)
{
    /// <summary>Describes this one.</summary>
    public static MachineDescription Create(int threads) => new(
        ProcessorName(),
        threads,
        Vectors.Width * 32,
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        $"{typeof(torch).Assembly.GetName().Version?.ToString(3)} (libtorch {torch.__version__})",
        Peers.OpenBlas.Missing is null ? Peers.OpenBlas.Description : null);

    private static string ProcessorName() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown"
        : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "unknown";
}
