using ModelDsl.TestSupport;

namespace ModelDsl.Generators.Tests;

/// <summary>What user code binds to.</summary>
public class SurfaceTests
{
    [Fact]
    public void LanguageModel()
    {
        GeneratorHarness run = GeneratorHarness.RunValid(Sources.Gpt2);
        Snapshot.Match(run["Demo.Gpt2.Surface.g.cs"]);
    }

    [Fact]
    public void Block()
    {
        GeneratorHarness run = GeneratorHarness.RunValid(Sources.Llama);
        Snapshot.Match(run["Demo.LlamaBlock.Surface.g.cs"]);
    }

    [Fact]
    public void NestedModule()
    {
        GeneratorHarness run = GeneratorHarness.RunValid(Sources.Nested);
        Snapshot.Match(run["Demo.Encoder.Surface.g.cs"]);
        Snapshot.Match(run["Demo.Pair.Surface.g.cs"], part: "Pair");
    }
}
