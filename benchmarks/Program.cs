using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using ModelDsl.Benchmarks;
using ModelDsl.Benchmarks.Compiler;
using ModelDsl.Benchmarks.Ratios;
using ModelDsl.Benchmarks.Startup;

// `ratios` is the quick mode: ours against the peers, one table, a few minutes. `startup` times processes from their start, `compiler` the generator. Everything else goes to BenchmarkDotNet.
switch (args)
{
    case ["ratios", .. string[] options]:
        return RatioCommand.Run(options);
    case ["startup"]:
        return StartupCommand.Run();
    case ["compiler", .. string[] options]:
        return CompilerCommand.Run(options);
    case ["memory", string who]:
        return MemoryChild.Run(who);
    default:
        // In this process: another would need a project generated and built, with all that is particular to this one.
        IConfig config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
        BenchmarkSwitcher.FromAssembly(typeof(MatMulBenchmarks).Assembly).Run(args, config);
        return 0;
}
