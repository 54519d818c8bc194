using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using ModelDsl.Compiler.Declarations;
using ModelDsl.TestSupport;

namespace ModelDsl.Generators.Tests;

/// <summary>What the reader makes of symbols.</summary>
public class DeclarationTests
{
    [Fact]
    public void ArgumentsAreReadUnderTheirNames()
    {
        ModelDeclaration model = Read("Demo.Wide", """
            using ModelDsl;

            namespace Demo;

            [Model(Context = 8 * Wide.Factor, Width = 64)]
            public sealed partial class Wide
            {
                public const int Factor = 4;

                [PreNorm(NormKind.LayerNorm, Epsilon = 1e-6), Residual]
                [System.Obsolete]
                [GatedFfn(HiddenRatio = 8.0 / 3, Activation = Activation.GeluTanh)]
                public partial Ffn Ffn { get; }
            }
            """);
        Assert.Equal(32, model.Attribute.Int("Context", 0));
        MemberDeclaration ffn = Assert.Single(model.Members);
        Assert.Equal(["PreNorm", "Residual", "GatedFfn"], ffn.Attributes.Select(attribute => attribute.Name));
        Assert.Equal(NormKind.LayerNorm, ffn.Find("PreNorm")!.Enum("Kind", NormKind.RmsNorm));
        Assert.Equal(1e-6, ffn.Find("PreNorm")!.Double("Epsilon", 0));
        Assert.False(ffn.Find("PreNorm")!.Has("Bias"));
        Assert.Equal(8.0 / 3, ffn.Find("GatedFfn")!.Double("HiddenRatio", 0));
        Assert.Equal(Activation.GeluTanh, ffn.Find("GatedFfn")!.Enum("Activation", Activation.Silu));
    }

    [Fact]
    public void BlocksOfOtherAssembliesReadAsTheirSource()
    {
        CSharpCompilation library = ModelCompilation.Create("Library", [Sources.Nested.Replace("internal", "public", StringComparison.Ordinal)]);
        Compilation built = ModelCompilation.WithGenerated(library);
        Assert.Empty(ModelCompilation.Problems(built));
        using MemoryStream image = new();
        Assert.True(built.Emit(image).Success);

        const string user = """
            using ModelDsl;

            [Model(Width = 32, Context = 16)]
            public sealed partial class User
            {
                [Repeat(2)] public partial BlockStack<Demo.Pair> Pairs { get; }
            }
            """;
        ModelDeclaration across = Read("User", ModelCompilation.Create("App", [user], MetadataReference.CreateFromImage(image.ToArray())));
        ModelDeclaration together = Read("User", ModelCompilation.Create("App", [user, Sources.Nested.Replace("internal", "public", StringComparison.Ordinal)]));
        Assert.Equal(together, across);
        Assert.Equal(["Demo.Pair", "Demo.Wide"], across.Blocks.Select(block => block.Type.FullName));
    }

    [Fact]
    public void AMemberThatReturnsABlockIsNoLayer()
    {
        ModelDeclaration model = Read("Model", """
            using ModelDsl;

            [Model(Width = 32, Context = 16)]
            public sealed partial class Model
            {
                [Repeat(2)] public partial BlockStack<Small> Blocks { get; }
                public Small Last => Blocks[1];
                public Norm Norm => Last.Norm;
            }

            [Block]
            public sealed partial class Small
            {
                [RmsNorm] public partial Norm Norm { get; }
            }
            """);
        Assert.Equal(["Blocks"], model.Members.Select(member => member.Name));
    }

    [Fact]
    public void LayersKeepTheirOrder()
    {
        string[] names = ["Zulu", "alpha", "Mike", "_under", "Bravo"];
        string properties = string.Join("\n", names.Select(name => $"[RmsNorm] public partial Norm {name} {{ get; }}"));
        ModelDeclaration model = Read("Model", $"using ModelDsl; [Model(Width = 32, Context = 16)] public sealed partial class Model {{ {properties} }}");
        Assert.Equal(names, model.Members.Select(member => member.Name));
    }

    private static ModelDeclaration Read(string model, string source) => Read(model, ModelCompilation.Create("Demo", [source]));

    private static ModelDeclaration Read(string model, CSharpCompilation compilation)
        => DeclarationReader.ReadModel(compilation.GetTypeByMetadataName(model)!, CancellationToken.None);
}
