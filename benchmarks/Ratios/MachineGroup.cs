using ModelDsl.Benchmarks.Machine;

namespace ModelDsl.Benchmarks.Ratios;

/// <summary>The machine's own limits, on one thread and on all.</summary>
internal static class MachineGroup
{
    /// <summary>Floating-point peak.</summary>
    public static RatioGroup Peak(int threads) => new()
    {
        Name = "FMA peak",
        Contenders = [new("1 thread", () => FmaPeak.Run(1)), new($"{threads} threads", () => FmaPeak.Run(threads))],
        Figure = (name, seconds) => FmaPeak.FlopsPerThread * (name == "1 thread" ? 1 : threads) / seconds / 1e9,
    };

    /// <summary>Read bandwidth.</summary>
    public static RatioGroup Bandwidth(int threads)
    {
        ReadBandwidth memory = new();
        RatioGroup group = new()
        {
            Name = "read bandwidth",
            Contenders = [new("1 thread", () => memory.Run(1)), new($"{threads} threads", () => memory.Run(threads))],
            Unit = "GB/s",
            Figure = (_, seconds) => ReadBandwidth.Bytes / seconds / 1e9,
        };
        group.Own(memory);
        return group;
    }
}
