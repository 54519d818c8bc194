using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Planning;
using ModelDsl.Compiler.Tests.Oracle;
using ModelDsl.TestSupport;

namespace ModelDsl.Compiler.Tests;

/// <summary>Names, order and places of parameters.</summary>
public class ParameterTests
{
    [Fact]
    public void ParametersHaveTheOrderOfTheirLayers()
    {
        InMemoryModels assembly = InMemoryModels.Load("""
            using ModelDsl;

            namespace Order;

            [Block]
            public sealed partial class Inner
            {
                [PreNorm, Residual, GatedFfn(Hidden = 3, Bias = true)] public partial Ffn Ffn { get; }
            }

            [Block]
            public sealed partial class Outer
            {
                [RmsNorm] public partial Norm First { get; }
                [Repeat(2)] public partial BlockStack<Inner> Inners { get; }
                [RmsNorm] public partial Norm Last { get; }
            }

            [Model(Width = 4, Context = 8)]
            public sealed partial class Whole
            {
                [Embedding(Vocabulary = 5, LearnedPositions = true)] public partial Embedding Tokens { get; }
                [LayerNorm] public partial Norm Before { get; }
                [Repeat(2)] public partial BlockStack<Outer> Outers { get; }
                [RmsNorm] public partial Norm Between { get; }
                public partial Inner Alone { get; }
                [RmsNorm] public partial Norm After { get; }
                [LanguageHead] public partial Head Head { get; }
            }
            """);
        using ModelInstance model = assembly.Create("Order.Whole");
        List<string> layers = [];
        foreach (string name in model.Parameters.Names)
        {
            string layer = name[..name.LastIndexOf('.')].Replace(".Gate", "", StringComparison.Ordinal).Replace(".Up", "", StringComparison.Ordinal).Replace(".Down", "", StringComparison.Ordinal);
            if (layers.Count == 0 || layers[^1] != layer) layers.Add(layer);
        }

        string[] outers = [.. Enumerable.Range(0, 2).SelectMany(i => (string[])
            [$"Outers.{i}.First", .. Enumerable.Range(0, 2).SelectMany(j => (string[])[$"Outers.{i}.Inners.{j}.Ffn.PreNorm", $"Outers.{i}.Inners.{j}.Ffn"]), $"Outers.{i}.Last"])];
        Assert.Equal(["Tokens", "Before", .. outers, "Between", "Alone.Ffn.PreNorm", "Alone.Ffn", "After", "Head"], layers);
    }

    /// <summary>All programs of a model read one arena: each finds every parameter at the same place.</summary>
    [Fact]
    public void ProgramsLayParametersAlike()
    {
        foreach (ModelDeclaration model in ModelOracle.Read(RandomModels.Draw(100, languageModels: true, "8N0XIzNsQ0O8")).Values)
        {
            string[] layouts = [.. ModelCompiler.Programs(model).Select(kind => Layout(new ParameterLayout(CompiledProgram.BuildGraph(model, kind)))).Distinct()];
            Assert.True(layouts.Length == 1, $"{model.Type.Name}:\n{string.Join("\n\n", layouts)}");
        }

        static string Layout(ParameterLayout layout) => string.Join("\n", layout.All().Select(placed
            => $"{placed.Parameter.Path} at {placed.Offset.Constant}{string.Concat(placed.Offset.Terms.Select(term => $" + {term.Loop.Name} * {term.Stride}"))}"));
    }

    /// <summary>Any base of rotary angles makes a name of a table that C# takes.</summary>
    [Theory]
    [InlineData("1e-5")]
    [InlineData("0.5")]
    [InlineData("1e20")]
    [InlineData("12345.678")]
    public void AnyThetaCompiles(string theta) => InMemoryModels.Load($$"""
        using ModelDsl;

        namespace Theta;

        [Model(Width = 8, Context = 8)]
        public sealed partial class Turned
        {
            [Attention(Heads = 2, Rotary = true, RotaryTheta = {{theta}})] public partial Attention Attention { get; }
        }
        """);
}
