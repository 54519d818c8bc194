using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Fusion;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Operations;
using ModelDsl.Compiler.Planning;
using ModelDsl.Compiler.Tests.Oracle;

namespace ModelDsl.Compiler.Tests;

/// <summary>What each stage hands to the next, on random models.</summary>
public class StageTests
{
    private static readonly Lazy<ModelDeclaration[]> Models = new(() =>
    [
        .. new[] { (false, "5N0XIzNsQ0O5"), (true, "6N0XIzNsQ0O6") }.SelectMany(draw => ModelOracle.Read(RandomModels.Draw(150, draw.Item1, draw.Item2)).Values),
    ]);

    [Fact]
    public void EveryStageLeavesAValidGraph()
    {
        foreach ((ModelDeclaration model, ProgramKind kind) in Programs()) CompiledProgram.Compile(model, kind, GraphVerifier.Verify);
    }

    [Fact]
    public void EveryReadFindsWhatItWants()
    {
        foreach ((ModelDeclaration model, ProgramKind kind) in Programs())
        {
            IReadOnlyList<string> problems = MemorySimulation.Run(CompiledProgram.Compile(model, kind));
            Assert.True(problems.Count == 0, $"{model.Type.Name}, {kind}:\n" + string.Join("\n", problems.Take(5)));
        }
    }

    [Fact]
    public void TheSimulationNoticesSharedMemory()
    {
        CompiledProgram program = CompiledProgram.Compile(Models.Value.First(model => Declarations.ModelChecks.IsLanguageModel(model) && model.Members.Any(member => member.Find("Repeat") is not null)), ProgramKind.Train);
        foreach (PlannedBuffer buffer in program.Plan.Buffers) buffer.Offset /= 2;
        Assert.NotEmpty(MemorySimulation.Run(program));
    }

    [Fact]
    public void CompilingTwiceGivesTheSameText()
    {
        foreach (ModelDeclaration model in Models.Value.Take(30)) Assert.Equal(ModelCompiler.Compile(model, default), ModelCompiler.Compile(model, default));
    }

    /// <summary>Logits are as wide as the vocabulary: no buffer for every position is.</summary>
    [Fact]
    public void LogitsNeverExistForTheWholeBatch()
    {
        foreach (ModelDeclaration model in Models.Value.Where(Declarations.ModelChecks.IsLanguageModel))
        {
            // Where the vocabulary is the width, everything is as wide.
            if (model.Attribute.Int("Width", 0) == model.Members[0].Find("Embedding")!.Int("Vocabulary", 0)) continue;
            CompiledProgram program = CompiledProgram.Compile(model, ProgramKind.Train);
            ChunkKernel chunk = Assert.Single(program.Fused.Kernels.OfType<ChunkKernel>());
            IEnumerable<Value> wide = chunk.Body.SelectMany(kernel => kernel.Nodes).SelectMany(node => node.Outputs).Where(value => value.Shape == chunk.Body[0].Nodes[0].Output.Shape);
            string[] whole = [.. wide.Where(value => chunk.Body.Any(kernel => kernel.Writes.Contains(value)) && program.Plan.Locate(value).Buffer.Arena != Arena.Scratch).Select(value => value.ToString())];
            Assert.True(whole.Length == 0, $"{string.Join(", ", whole)} of\n{GraphText.Write(program.Graph)}");
        }
    }

    /// <summary>Query, key and value (gate and up) are one product each, wherever they are declared.</summary>
    [Fact]
    public void ProductsOfOneValueAreOneProduct()
    {
        foreach ((ModelDeclaration model, ProgramKind kind) in Programs())
        {
            foreach (Region region in Regions(CompiledProgram.BuildGraph(model, kind).Root))
            {
                IEnumerable<Node> products = region.Items.OfType<Node>().Where(node => node.Operation is Contract { TransposeRight: true } && node.Inputs[1].Kind == ValueKind.Parameter);
                Assert.All(products.GroupBy(node => node.Inputs[0]), group => Assert.Single(group));
            }
        }
    }

    private static IEnumerable<Region> Regions(Region region) => region.Items.OfType<Loop>().SelectMany(loop => Regions(loop.Body)).Prepend(region);

    private static IEnumerable<(ModelDeclaration Model, ProgramKind Kind)> Programs()
        => Models.Value.SelectMany(model => ModelCompiler.Programs(model).Select(kind => (model, kind)));
}
