using ModelDsl.TestSupport;

namespace ModelDsl.Generators.Tests.Snapshots;

/// <summary>
/// Everything that is generated for three models that stand for the rest: whoever changes the compiler sees here what users would read in a debugger.
/// A refactoring leaves these files as they are.
/// </summary>
public class GeneratedFileTests
{
    [Fact]
    public void Gpt2() => Snapshot.Match(AllFiles(Sources.Gpt2));

    [Fact]
    public void Llama() => Snapshot.Match(AllFiles(Sources.Llama));

    [Fact]
    public void NestedModule() => Snapshot.Match(AllFiles(Sources.Nested));

    private static string AllFiles(string source)
    {
        GeneratorHarness run = GeneratorHarness.RunValid(source);
        return string.Concat(run.Files.Order(StringComparer.Ordinal).Select(file => $"// ---- {file}\n{run[file]}\n"));
    }
}
