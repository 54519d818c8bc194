using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Fusion;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Expressions;
using ModelDsl.Compiler.Graph.Operations;
using ModelDsl.Compiler.Planning;
using ModelDsl.Compiler.Tests.Oracle;

namespace ModelDsl.Compiler.Tests;

/// <summary>What is fused in a block of a GPT-2 and of a Llama shape, by the kernels that come out.</summary>
public class FusionTests
{
    private static readonly Lazy<IReadOnlyDictionary<string, ModelDeclaration>> Models = new(() => ModelOracle.Read(
    [
        new RandomModel("Fusion.Gpt", """
            using ModelDsl;

            namespace Fusion;

            [Model(Width = 24, Context = 16)]
            public sealed partial class Gpt
            {
                [Embedding(Vocabulary = 100, LearnedPositions = true)] public partial Embedding Tokens { get; }
                [Repeat(3)] public partial BlockStack<GptBlock> Blocks { get; }
                [LayerNorm] public partial Norm Norm { get; }
                [LanguageHead(TiedTo = nameof(Tokens))] public partial Head Head { get; }
            }

            [Block]
            public sealed partial class GptBlock
            {
                [PreNorm(NormKind.LayerNorm), Residual, Attention(Heads = 2, Bias = true)] public partial Attention Attention { get; }
                [PreNorm(NormKind.LayerNorm), Residual, Ffn(Hidden = 96, Activation = Activation.GeluTanh, Bias = true)] public partial Ffn Ffn { get; }
            }
            """, 16),
        new RandomModel("Fusion.Llama", """
            using ModelDsl;

            namespace Fusion;

            [Model(Width = 24, Context = 16)]
            public sealed partial class Llama
            {
                [Embedding(Vocabulary = 100)] public partial Embedding Tokens { get; }
                [Repeat(3)] public partial BlockStack<LlamaBlock> Blocks { get; }
                [RmsNorm] public partial Norm Norm { get; }
                [LanguageHead] public partial Head Head { get; }
            }

            [Block]
            public sealed partial class LlamaBlock
            {
                [PreNorm, Residual, Attention(Heads = 4, KeyValueHeads = 2, Rotary = true)] public partial Attention Attention { get; }
                [PreNorm, Residual, GatedFfn(Hidden = 64)] public partial Ffn Ffn { get; }
            }
            """, 16),
        new RandomModel("Fusion.Spark", """
            using ModelDsl;

            namespace Fusion;

            [Model(Width = 24, Context = 16)]
            public sealed partial class Spark
            {
                [Embedding(Vocabulary = 100)] public partial Embedding Tokens { get; }
                [PreNorm, Residual, SparkAttention(Heads = 3, KeyValueHeads = 1, TopK = 4, PredictorWidth = 2, Rotary = true)] public partial Attention Attention { get; }
                [LanguageHead] public partial Head Head { get; }
            }
            """, 16),
    ]));

    /// <summary>Both pieces of queries and keys turn in the epilogue of the product that makes them, by tables of their own widths.</summary>
    [Theory]
    [InlineData("Train")]
    [InlineData("Prefill")]
    public void PiecesOfAHeadTurnInTheProductsEpilogue(string kind)
    {
        CompiledProgram program = CompiledProgram.Compile(Models.Value["Fusion.Spark"], Enum.Parse<ProgramKind>(kind));
        ProductKernel product = StorageMarker.All(program.Fused.Kernels).OfType<ProductKernel>().Single(kernel => kernel.Rotations.Count > 0);
        Assert.Equal(
            [(3, 0, 2), (1, 0, 2), (3, 2, 6), (1, 2, 6)],
            product.Rotations.Select(node => (Rotary)node.Operation).Select(rotary => (rotary.Heads, rotary.First, rotary.RotaryWidth)));
        Assert.Equal([new RotaryAngles(2, 10000), new RotaryAngles(6, 10000), new SelectionThresholds(4, Deviation.Sample)], Emission.ConstantTables.Of(program.Graph.Root));
    }

    public static TheoryData<string, string> Shapes => new()
    {
        { "Gpt", "Train" }, { "Gpt", "Evaluate" }, { "Gpt", "Prefill" }, { "Llama", "Train" }, { "Llama", "Evaluate" }, { "Llama", "Prefill" },
    };

    /// <summary>A block is two norms' numbers, four products and an attention: everything else happens within those.</summary>
    [Theory]
    [MemberData(nameof(Shapes))]
    public void ABlockIsSevenKernels(string model, string program) => Assert.Equal(
        [typeof(RowKernel), typeof(ProductKernel), typeof(LibraryKernel), typeof(ProductKernel), typeof(RowKernel), typeof(ProductKernel), typeof(ProductKernel)],
        Forward(Compile(model, program)).Select(kernel => kernel.GetType()));

    /// <summary>
    /// What one reader takes from memory is stored, though a later reader could do with the finished tile: the first reader's other operand is there, the second's
    /// comes after it.
    /// </summary>
    [Fact]
    public void AProductThatOneReaderLoadsIsStored()
    {
        GraphBuilder builder = new(new ModelGraph(ProgramKind.Module));
        Argument x = new(0), y = new(1);
        Value input = builder.Input(Role.ModuleInput, Shape.Activation(8));
        Value weight = builder.Parameter(new ParameterDeclaration(new ParameterPath(new[] { new PathStep("Weight", -1) }.ToEquatableArray()), new[] { 8, 8 }.ToEquatableArray(), ParameterStart.Constant(1), false));
        Value product = builder.Add(new Contract(false, true), input, weight);
        builder.Graph.Outputs[Role.ModuleOutput] = builder.Pointwise(x + y, product, input);
        Value late = builder.Pointwise(2 * x, input);
        builder.Graph.Outputs[Role.Logits] = builder.Pointwise(x * y, product, late);

        IReadOnlyList<Kernel> kernels = Fuser.Run(builder.Graph).Kernels;
        HashSet<Value> written = [input, weight];
        foreach (Kernel kernel in kernels)
        {
            Assert.All(kernel.Reads, value => Assert.Contains(value, written));
            written.UnionWith(kernel.Writes);
        }
    }

    /// <summary>The kernel before a product computes a number or two for each row; the normed row itself is never stored.</summary>
    [Theory]
    [MemberData(nameof(Shapes))]
    public void NormsAreReadThroughTheNextProduct(string model, string program)
    {
        foreach (Kernel kernel in Forward(Compile(model, program)))
        {
            if (kernel is RowKernel rows) Assert.All(rows.Writes, value => Assert.Equal(1, value.Shape.Columns));
        }

        ProductKernel[] products = Products(Forward(Compile(model, program)));
        foreach (ProductKernel product in (ProductKernel[])[products[0], products[2]])
        {
            Assert.Contains(product.Left.Operands, operand => operand.Kind == ValueKind.Parameter && operand.Name.EndsWith("PreNorm.Weight", StringComparison.Ordinal));
            Assert.Single(product.Left.Operands, operand => operand.Shape.Columns == 24 && operand.Shape.Rows == Extent.Rows);
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void QueryKeyAndValueAreOneProductRotatedInItsEpilogue(string model, string program)
    {
        ProductKernel first = Products(Forward(Compile(model, program)))[0];
        Assert.Equal(model == "Gpt" ? 72 : 24 + 12 + 12, first.Product.Output.Shape.Columns);
        Assert.Equal(["Query", "Key", "Value"], first.Product.Inputs[1].Parameters.Select(parameter => parameter.Path.Steps[parameter.Path.Steps.Count - 2].Name));
        Assert.Equal(model == "Gpt" ? 0 : 2, first.Rotations.Count);
        Assert.Single(first.Stores);
        Assert.Equal(model == "Gpt", !first.Stores[0].Formula.IsPlain);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void ResidualsAreAddedInTheEpilogue(string model, string program)
    {
        ProductKernel[] products = Products(Forward(Compile(model, program)));
        foreach (ProductKernel product in (ProductKernel[])[products[1], products[3]])
            Assert.Single(Assert.Single(product.Stores).Formula.Operands, operand => operand != product.Product.Output && operand.Kind != ValueKind.Parameter && operand.Shape.Columns == 24);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void ActivationsAreNeverStored(string model, string program)
    {
        CompiledProgram compiled = Compile(model, program);
        ProductKernel[] products = Products(Forward(compiled));
        int hidden = model == "Gpt" ? 96 : 128;
        Assert.Equal(hidden, products[2].Product.Output.Shape.Columns);
        Assert.False(products[3].Left.IsPlain && products[2].Stores.All(store => store.Formula.IsPlain));
        // One matrix of the hidden width is stored: what the activation reads, or what it gives.
        Assert.Single(products[2].Stores);
    }

    /// <summary>The backward of a block: no product but those of the gradients of its inputs and weights, and no more passes over rows than norms.</summary>
    [Theory]
    [InlineData("Gpt")]
    [InlineData("Llama")]
    public void TheBackwardOfABlockIsTwoProductsForEach(string model)
    {
        IReadOnlyList<Kernel> kernels = Compile(model, "Train").Fused.Kernels.OfType<LoopKernel>().Single(kernel => kernel.Loop.Reversed).Body;
        Assert.Equal(8, kernels.OfType<ProductKernel>().Count());
        Assert.Single(kernels.OfType<LibraryKernel>(), kernel => kernel.Node.Operation is AttendBackward);
        Assert.DoesNotContain(kernels.OfType<LibraryKernel>(), kernel => kernel.Node.Operation is not (AttendBackward or Rotary));
    }

    /// <summary>Logits exist for the rows of a chunk, or of decoding for the last position of each sequence.</summary>
    [Theory]
    [MemberData(nameof(Shapes))]
    public void LogitsNeverExistForEveryPosition(string model, string program)
    {
        CompiledProgram compiled = Compile(model, program);
        Assert.Equal(program == "Prefill" ? 0 : 1, compiled.Fused.Kernels.OfType<ChunkKernel>().Count());
        foreach (PlannedBuffer buffer in compiled.Plan.Buffers.Where(buffer => buffer.Arena == Arena.Activations)) Assert.True(buffer.Floats < 100 || buffer.Floats is 128, $"{buffer.Name} has {buffer.Floats} floats a position");
    }

    /// <summary>A sum of two products is done with the later one: the earlier cannot add what is not there yet.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ASumIsDoneWithTheLaterOfItsProducts(bool swapped)
    {
        ModelGraph graph = new(ProgramKind.Evaluate);
        GraphBuilder builder = new(graph);
        Value input = builder.Input(Role.ModuleInput, Shape.Activation(4));
        Value First(string name) => builder.Parameter(new ParameterDeclaration(new ParameterPath(new[] { new PathStep(name, -1) }.ToEquatableArray()), new[] { 4, 4 }.ToEquatableArray(), ParameterStart.Constant(0), false));
        Value earlier = builder.Add(new Contract(false, true), input, First("Earlier")), later = builder.Add(new Contract(false, true), input, First("Later"));
        Value sum = swapped ? builder.Sum(later, earlier) : builder.Sum(earlier, later);
        graph.Outputs[Role.RowLosses] = sum;
        ProductKernel[] products = [.. Fuser.Run(graph).Kernels.Cast<ProductKernel>()];
        Assert.Equal([earlier], products[0].Writes);
        Assert.Equal([sum], products[1].Writes);
        Assert.Contains(earlier, products[1].Reads);
    }

    private static CompiledProgram Compile(string model, string program) => CompiledProgram.Compile(Models.Value["Fusion." + model], Enum.Parse<ProgramKind>(program), GraphVerifier.Verify);

    private static IReadOnlyList<Kernel> Forward(CompiledProgram program) => program.Fused.Kernels.OfType<LoopKernel>().Single(kernel => !kernel.Loop.Reversed).Body;

    private static ProductKernel[] Products(IReadOnlyList<Kernel> kernels) => [.. kernels.OfType<ProductKernel>()];
}
