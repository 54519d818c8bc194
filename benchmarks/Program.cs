using BenchmarkDotNet.Running;
using ModelDsl.Benchmarks;
using ModelDsl.Benchmarks.Ratios;

// `ratios` is the quick mode: ours against the peers, one table, a few minutes. Everything else goes to BenchmarkDotNet.
switch (args)
{
    case ["ratios", .. string[] options]:
        return RatioCommand.Run(options);
    case ["memory", string who]:
        return MemoryChild.Run(who);
    default:
        BenchmarkSwitcher.FromAssembly(typeof(MatMulBenchmarks).Assembly).Run(args);
        return 0;
}
