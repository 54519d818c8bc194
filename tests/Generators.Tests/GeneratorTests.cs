using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using ModelDsl.TestSupport;

namespace ModelDsl.Generators.Tests;

/// <summary>The generator on unusual declarations, and what it recomputes after an edit.</summary>
public class GeneratorTests
{
    private const string Layer = "[RmsNorm] public partial Norm Norm { get; }";

    [Theory]
    [InlineData("namespace Demo;")]
    [InlineData("")]
    [InlineData("namespace Demo.@class.Inner;")]
    [InlineData("namespace ModelDsl.Programs.Memory;")]
    public void AnyNamespaceWorks(string @namespace)
        => GeneratorHarness.RunValid($"{@namespace.Insert(0, "using ModelDsl;\n")}\n[Model(Width = 32, Context = 16)] public sealed partial class Any {{ {Layer} [Attention(Heads = 2)] public partial Attention Attention {{ get; }} }}");

    /// <summary>A user may call classes what the runtime calls its own, and two nested models alike.</summary>
    [Fact]
    public void NamesOfTheRuntimeAreTheUsersToo() => GeneratorHarness.RunValid($$"""
        using ModelDsl;

        namespace Demo;

        public class Frame; public class Stored; public class MatMul; public class F32; public class Lanes; public class ISimd; public class RowKernels; public class Math; public class SameProgram;

        public static partial class First
        {
            [Model(Width = 32, Context = 16)] public sealed partial class Same { {{Layer}} [Attention(Heads = 2)] public partial ModelDsl.Attention Attention { get; } }
        }

        [Model(Width = 8, Context = 8)]
        public sealed partial class Model
        {
            [Repeat(2)] public partial BlockStack<Inner> Program { get; }
            public partial Inner Scope { get; }
        }

        [Block]
        public sealed partial class Inner
        {
            {{Layer}}
        }

        public static partial class Second
        {
            [Model(Width = 16, Context = 16)] public sealed partial class Same { {{Layer}} }
        }
        """);

    [Fact]
    public void NestedAndOddlyNamedClassesWork() => GeneratorHarness.RunValid($$"""
        using ModelDsl;

        public static partial class Outer
        {
            internal partial record struct Middle
            {
                [Model(Width = 32, Context = 16)]
                private protected sealed partial class @event
                {
                    [Ffn(Hidden = 8)] internal partial Ffn @int { get; }
                    [Repeat(2)] internal partial BlockStack<@namespace> @new { get; }
                }

                [Block]
                internal sealed partial class @namespace
                {
                    {{Layer}}
                }
            }
        }
        """.Replace("private protected", "private", StringComparison.Ordinal));

    [Fact]
    public void NamesThatDifferInCaseGetFilesOfTheirOwn()
    {
        GeneratorHarness run = GeneratorHarness.RunValid($$"""
            using ModelDsl;
            [Model(Width = 32, Context = 16)] public sealed partial class Same { {{Layer}} }
            [Block] public sealed partial class same_block { {{Layer}} }
            [Block] public sealed partial class Same_Block { {{Layer}} }
            """);
        Assert.Equal(run.Files.Count(), run.Files.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.Contains("Same.Surface.g.cs", run.Files);
    }

    [Fact]
    public void AnAttributeOnTwoPartsIsReadOnce()
    {
        GeneratorHarness run = GeneratorHarness.Run($$"""
            using ModelDsl;
            [Model(Width = 32, Context = 16)] public sealed partial class Twice { {{Layer}} }
            [Model(Width = 32, Context = 16)] public sealed partial class Twice { }
            """);
        Assert.All(run.Problems, problem => Assert.Contains("CS0579", problem, StringComparison.Ordinal));
    }

    [Fact]
    public void AttributesOnOtherKindsOfTypesAreLeftToCSharp()
    {
        GeneratorHarness run = GeneratorHarness.Run($$"""
            using ModelDsl;
            [Model(Width = 32, Context = 16)] public partial struct Value { }
            [Block] public partial interface IBlock { }
            """);
        Assert.All(run.Problems, problem => Assert.Contains("CS0592", problem, StringComparison.Ordinal));
        Assert.Empty(run.Files);
    }

    [Fact]
    public void AnUnknownTypeIsTheOnlyError()
    {
        GeneratorHarness run = GeneratorHarness.Run("""
            using ModelDsl;

            [Model(Width = 32, Context = 16)]
            public sealed partial class Typo
            {
                [Embedding(Vocabulary = 10)] public partial Embeding Tokens { get; }
                [Repeat(2)] public partial BlockStack<Missing> Blocks { get; }
                [LanguageHead(TiedTo = nameof(Tokens))] public partial Head Head { get; }
            }
            """);
        Assert.All(run.Problems, problem => Assert.Contains("error CS0246", problem, StringComparison.Ordinal));
        Assert.Equal(["Embeding", "Missing"], run.Output.GetDiagnostics().Where(diagnostic => diagnostic.Id == "CS0246").Select(diagnostic => diagnostic.GetMessage(null).Split('\'')[1]).Distinct().Order());
    }

    [Fact]
    public void AnEditOfOneModelRecompilesThatModelOnly()
    {
        CSharpCompilation compilation = ModelCompilation.Create("Demo", [Model("First", 32), Model("Second", 32)]);
        GeneratorDriver driver = ModelCompilation.Driver().RunGenerators(compilation);
        SyntaxTree edited = compilation.SyntaxTrees.Single(tree => tree.ToString().Contains("class Second", StringComparison.Ordinal));
        driver = driver.RunGenerators(compilation.ReplaceSyntaxTree(edited, ModelCompilation.Parse(Model("Second", 48), edited.FilePath)));
        IncrementalStepRunReason[] reasons =
        [
            .. driver.GetRunResult().Results.Single().TrackedSteps[TrackingNames.Compiled].SelectMany(step => step.Outputs).Select(output => output.Reason).Order(),
        ];
        Assert.Equal([IncrementalStepRunReason.Modified, IncrementalStepRunReason.Cached], reasons.OrderBy(reason => reason == IncrementalStepRunReason.Cached));

        static string Model(string name, int width) => $"using ModelDsl; [Model(Width = {width}, Context = 16)] public sealed partial class {name} {{ {Layer} }}";
    }

    // Offsets beyond 2^31 floats, in parameters, in the packed head and in activations of a long context.
    [Theory]
    [InlineData(16384, 200_000, 8192)]
    [InlineData(64, 16_000_000, 1_000_000)]
    public void SizesBeyondThirtyTwoBitsCompile(int width, int vocabulary, int context) => GeneratorHarness.RunValid($$"""
        using ModelDsl;

        [Model(Width = {{width}}, Context = {{context}})]
        public sealed partial class Large
        {
            [Embedding(Vocabulary = {{vocabulary}}, LearnedPositions = true)] public partial Embedding Tokens { get; }
            [Repeat(40)] public partial BlockStack<LargeBlock> Blocks { get; }
            [LanguageHead] public partial Head Head { get; }
        }

        [Block]
        public sealed partial class LargeBlock
        {
            [PreNorm, Residual, Attention(HeadWidth = 64, Rotary = true)] public partial Attention Attention { get; }
            [PreNorm, Residual, GatedFfn(HiddenRatio = 4)] public partial Ffn Ffn { get; }
        }
        """);

    [Fact]
    public void NamesThatDifferByDotsAndUnderscoresStayApart() => GeneratorHarness.RunValid($$"""
        using ModelDsl;
        namespace Demo_ { [Model(Width = 32, Context = 16)] public sealed partial class M { {{Layer}} } }
        namespace Demo { [Model(Width = 32, Context = 16)] public sealed partial class _M { {{Layer}} } }
        namespace Demo { [Model(Width = 32, Context = 16)] public sealed partial class uM { {{Layer}} } }
        [Model(Width = 32, Context = 16)] public sealed partial class Demo_M { {{Layer}} }
        """);

    [Fact]
    public void StacksNestDeeply()
    {
        IEnumerable<string> blocks = Enumerable.Range(0, 22).Select(i => $"[Block] public sealed partial class B{i} {{ {(i == 21 ? Layer : $"[Repeat(2)] public partial BlockStack<B{i + 1}> Inner {{ get; }}")} }}");
        GeneratorHarness.RunValid("using ModelDsl; [Model(Width = 16, Context = 8)] public sealed partial class Deep { [Repeat(2)] public partial BlockStack<B0> Blocks { get; } }\n" + string.Join("\n", blocks));
    }

    [Fact]
    public void ABlockOfALibraryMayHaveIndexers()
    {
        CSharpCompilation library = ModelCompilation.Create("Library", [$$"""
            using ModelDsl;
            [Block] public sealed partial class Indexed
            {
                {{Layer}}
                public int this[int index] => index;
                public int this[string name] => name.Length;
            }
            """]);
        using MemoryStream image = new();
        Assert.True(ModelCompilation.WithGenerated(library).Emit(image).Success);
        CSharpCompilation user = ModelCompilation.Create("Demo", ["using ModelDsl; [Model(Width = 32, Context = 16)] public sealed partial class User { public partial Indexed Inner { get; } }"],
            MetadataReference.CreateFromImage(image.ToArray()));
        Assert.Empty(GeneratorHarness.Run(asEditor: false, user).Problems);
    }

    [Fact]
    public void AnEditorCompilesNoProgramForABudget()
    {
        string source = Sources.Llama.Replace("public sealed partial class Llama\n", "[Budget(Parameters = 1)] public sealed partial class Llama\n", StringComparison.Ordinal);
        Assert.Contains("MDL0114", Assert.Single(GeneratorHarness.Run(source).Problems), StringComparison.Ordinal);
        GeneratorHarness editor = GeneratorHarness.RunAsEditor(source);
        Assert.DoesNotContain(TrackingNames.Compiled, editor.Result.TrackedSteps.Keys);
        Assert.Empty(editor.Problems);
    }

    [Fact]
    public void AnEditorCompilesNoProgram()
    {
        GeneratorHarness editor = GeneratorHarness.RunAsEditor(Sources.Llama);
        Assert.Contains(TrackingNames.Checked, editor.Result.TrackedSteps.Keys);
        Assert.DoesNotContain(TrackingNames.Compiled, editor.Result.TrackedSteps.Keys);
        Assert.Contains(TrackingNames.Compiled, GeneratorHarness.Run(Sources.Llama).Result.TrackedSteps.Keys);
    }

    [Fact]
    public void NoPublicNameCollidesWithAnImplicitUsing()
    {
        HashSet<string> ours = [.. Names("ModelDsl")];
        foreach (string @namespace in (string[])["System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks"])
            Assert.Empty(Names(@namespace).Intersect(ours));

        static IEnumerable<string> Names(string name)
        {
            INamespaceSymbol current = ModelCompilation.Create("Names", []).GlobalNamespace;
            foreach (string part in name.Split('.')) current = current.GetNamespaceMembers().Single(member => member.Name == part);
            return current.GetTypeMembers().Where(type => type.DeclaredAccessibility == Accessibility.Public).Select(type => type.Name);
        }
    }
}
