namespace ModelDsl.Analyzers.Tests;

/// <summary>Rules about the form of classes and properties, each with a twin that must stay silent.</summary>
public class FormTests
{
    private const string Usings = "using ModelDsl;\nnamespace Demo;\n";

    [Fact]
    public Task AClassIsPartial() => AnalyzerHarness.Verify(["CS0751", "CS9248"], Usings + """
        [Model(Width = 64, Context = 32)]
        public sealed class {|MDL0001:Plain|}
        {
            [RmsNorm] public partial Norm Norm { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class Good
        {
            [RmsNorm] public partial Norm Norm { get; }
        }
        """);

    [Theory]
    [InlineData("abstract partial class")]
    [InlineData("static partial class")]
    [InlineData("partial record class")]
    [InlineData("file partial class")]
    public Task AClassIsAnOrdinaryOne(string kind) => AnalyzerHarness.Verify(Usings + $$"""
        [Block]
        {{kind}} {|MDL0002:{|MDL0112:Odd|}|}
        {
        }
        """);

    [Fact]
    public Task AnOrdinaryClassIsAnyOther() => AnalyzerHarness.Verify(Usings + """
        [Block]
        public partial class Open
        {
            [RmsNorm] public partial Norm Norm { get; }
        }

        [Block]
        internal sealed partial class Closed
        {
            [RmsNorm] public partial Norm Norm { get; }
        }

        public abstract partial class Around
        {
            [Block]
            private sealed partial class Nested
            {
                [RmsNorm] internal partial Norm Norm { get; }
            }
        }
        """);

    [Fact]
    public Task GeneratedCodeCreatesTheClass() => AnalyzerHarness.Verify(["CS7036"], Usings + """
        public abstract class NeedsArguments
        {
            protected NeedsArguments(int number) { }
        }

        public abstract class Hidden
        {
            private Hidden() { }
        }

        public abstract class Demanding
        {
            public required int Inherited { get; init; }
        }

        public abstract class Harmless
        {
            protected Harmless(int optional = 3) { }
            public int Number { get; init; }
            private void Dispose() { }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class {|MDL0016:Primary|}(int number)
        {
            [RmsNorm] public partial Norm Norm { get; }
            public static void Use() { using Primary model = Primary.Create(); }
        }

        [Block]
        public sealed partial class {|MDL0016:Explicit|}
        {
            [RmsNorm] public partial Norm Norm { get; }
            private Explicit() { }
        }

        [Block]
        public sealed partial class {|MDL0016:Derived|} : NeedsArguments
        {
            [RmsNorm] public partial Norm Norm { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class {|MDL0016:Required|}
        {
            [RmsNorm] public partial Norm Norm { get; }
            public required int Number { get; init; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class {|MDL0016:Inherits|} : Demanding
        {
            [RmsNorm] public partial Norm Norm { get; }
        }

        [Block]
        public partial class Layer
        {
            [RmsNorm] public partial Norm Norm { get; }
        }

        [Block]
        public sealed partial class {|MDL0016:More|} : Layer
        {
            [RmsNorm] public partial Norm Second { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class Good : Harmless
        {
            private static readonly int Answer;
            static Good() => Answer = 42;
            [RmsNorm] public partial Norm Norm { get; }
        }
        """);

    [Fact]
    public Task NamesOfGeneratedCodeAreTaken() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 64, Context = 32)]
        public sealed partial class Odd
        {
            [RmsNorm] public partial Norm {|MDL0012:__model|} { get; }
            [RmsNorm] public partial Norm _model { get; }
        }
        """);

    [Fact]
    public Task AStackIsNotNullable() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 64, Context = 32)]
        public sealed partial class Stacks
        {
            [Repeat(2)] public partial BlockStack<Layer>? {|MDL0007:Maybe|} { get; }
            [Repeat(2)] public partial BlockStack<Layer> Surely { get; }
        }

        [Block]
        public sealed partial class Layer
        {
            [RmsNorm] public partial Norm Norm { get; }
        }
        """);

    [Fact]
    public Task InheritedMembersAreNotHidden() => AnalyzerHarness.Verify(Usings + """
        public abstract class Owner
        {
            public virtual void Dispose() { }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class {|MDL0012:Clash|} : Owner
        {
            [RmsNorm] public partial Norm Norm { get; }
        }

        public sealed partial class Twin : Owner
        {
            public int Card => 1;
        }
        """);

    [Fact]
    public Task AClassIsNotGeneric() => AnalyzerHarness.Verify(["CS9248"], Usings + """
        [Block]
        public sealed partial class {|MDL0003:Box|}<T>
        {
            [RmsNorm] public partial Norm Norm { get; }
        }

        public partial class Outer<T>
        {
            [Block]
            public sealed partial class {|MDL0003:Inner|}
            {
                [RmsNorm] public partial Norm Norm { get; }
            }
        }

        [Block]
        public sealed partial class Good : IEquatable<Good>
        {
            [RmsNorm] public partial Norm Norm { get; }
            public bool Equals(Good? other) => Same(this, other);
            public override bool Equals(object? other) => Equals(other as Good);
            public override int GetHashCode() => 0;
            private static bool Same<T>(T left, T right) => ReferenceEquals(left, right);
        }
        """);

    [Fact]
    public Task TypesAroundAClassArePartial() => AnalyzerHarness.Verify(["CS9248"], Usings + """
        public class Outer
        {
            [Block]
            public sealed partial class {|MDL0004:Inner|}
            {
                [RmsNorm] public partial Norm Norm { get; }
            }
        }

        public static partial class Good
        {
            public partial record Deeper
            {
                [Block]
                public sealed partial class Inner
                {
                    [RmsNorm] public partial Norm Norm { get; }
                }
            }
        }
        """);

    [Fact]
    public Task LayersStandInOneFile() => AnalyzerHarness.Verify(
        Usings + """
        [Block]
        public sealed partial class {|MDL0005:Torn|}
        {
            [RmsNorm] public partial Norm First { get; }
        }

        [Block]
        public sealed partial class Whole
        {
            [RmsNorm] public partial Norm First { get; }
        }

        public sealed partial class Whole
        {
            [RmsNorm] public partial Norm Second { get; }
        }
        """,
        Usings + """
        public sealed partial class Torn
        {
            [RmsNorm] public partial Norm Second { get; }
        }

        public sealed partial class Whole
        {
            public int Answer => 42;
        }
        """);

    [Fact]
    public Task APropertyIsPartialWithAGetter() => AnalyzerHarness.Verify(["CS9248"], Usings + """
        [Block]
        public sealed partial class Forms
        {
            [RmsNorm] public Norm {|MDL0006:Plain|} { get; }
            [RmsNorm] public partial Norm {|MDL0006:Settable|} { get; set; }
            [RmsNorm] public static partial Norm {|MDL0006:Shared|} { get; }
            [RmsNorm] public partial Norm {|MDL0006:Written|} { get; }
            public partial Norm Written => default;
            [RmsNorm] public partial Norm {|MDL0006:this|}[int index] { get; }
            [RmsNorm] public partial Norm Good { get; }
            public Norm {|MDL0006:{|MDL0009:Forgotten|}|} { get; }
            public Norm Computed => Good;
            public Norm Given { get; } = default;
        }
        """);

    [Fact]
    public Task ATypeFitsItsAttribute() => AnalyzerHarness.Verify(Usings + """
        [Block]
        public sealed partial class Types
        {
            [Attention(Heads = 2)] public partial Ffn {|MDL0007:Wrong|} { get; }
            [Attention(Heads = 2)] public partial int {|MDL0007:Number|} { get; }
            [GatedFfn(Hidden = 8)] public partial Ffn Good { get; }
            [RmsNorm] public partial Norm? {|MDL0007:Maybe|} { get; }
        }
        """);

    [Fact]
    public Task APropertyDeclaresOneLayer() => AnalyzerHarness.Verify(Usings + """
        [Block]
        public sealed partial class Layers
        {
            [Ffn(Hidden = 8), {|MDL0008:GatedFfn(Hidden = 8)|}] public partial Ffn Two { get; }
            [Residual] public partial Ffn {|MDL0009:None|} { get; }
            public partial Norm {|MDL0009:Bare|} { get; }
            [PreNorm, Residual, Ffn(Hidden = 8)] public partial Ffn Good { get; }
        }
        """);

    [Fact]
    public Task WhatCSharpReportsIsNotRepeated() => AnalyzerHarness.Verify(["CS0103", "CS0246", "CS7036"], Usings + """
        [Model(Width = Wide, Context = 32)]
        public sealed partial class Half
        {
            [Embedding(Vocabulary = 10)] public partial Embeding Tokens { get; }
            [Repeat] public partial BlockStack<Missing> Blocks { get; }
            [RmNorm] public partial Norm Norm { get; }
            [Ffn(Hidden = Big)] public partial Ffn Ffn { get; }
        }
        """);

    [Fact]
    public Task AnAttributeStandsInAModelOrBlock() => AnalyzerHarness.Verify(Usings + """
        public sealed class Elsewhere
        {
            [{|MDL0011:RmsNorm|}] public Norm Norm { get; }
            [System.Obsolete] public Norm Other { get; }
        }

        [Block]
        public sealed partial class Layer
        {
            [RmsNorm] public partial Norm Norm { get; }
        }
        """);

    [Fact]
    public Task ANameIsFree() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 64, Context = 32)]
        public sealed partial class Names
        {
            [RmsNorm] public partial Norm {|MDL0012:Parameters|} { get; }
            [RmsNorm] public partial Norm Name { get; }
        }

        [Block]
        public sealed partial class BlockNames
        {
            [RmsNorm] public partial Norm {|MDL0012:Name|} { get; }
            [RmsNorm] public partial Norm Parameters { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class {|MDL0012:Card|}
        {
            [RmsNorm] public partial Norm Norm { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class Members
        {
            private static int {|MDL0012:Parameters|};
            [RmsNorm] public partial Norm Norm { get; }
            public void {|MDL0012:Save|}(string file) => Parameters += file.Length;
            public static void {|MDL0012:Dispose|}() { }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class Overloads
        {
            [RmsNorm] public partial Norm Norm { get; }
            public void Save(Stream stream) { }
            public static Overloads Create() => Create(seed: 1);
            public override string ToString() => Norm.Name;
        }
        """);

    [Fact]
    public Task APublicBlockHidesNothing() => AnalyzerHarness.Verify(Usings + """
        [Block]
        public sealed partial class Open
        {
            [RmsNorm] internal partial Norm {|MDL0013:Hidden|} { get; }
            [RmsNorm] public partial Norm Seen { get; }
        }

        [Block]
        internal sealed partial class Closed
        {
            [RmsNorm] internal partial Norm Hidden { get; }
        }
        """);

    [Fact]
    public Task AnEnumHasTheValue() => AnalyzerHarness.Verify(Usings + """
        [Block]
        public sealed partial class Values
        {
            [PreNorm({|MDL0014:(NormKind)7|}), Ffn(Hidden = 8, {|MDL0014:Activation = (Activation)(-1)|})] public partial Ffn Wrong { get; }
            [PreNorm((NormKind)1), Ffn(Hidden = 8, Activation = (Activation)2)] public partial Ffn Good { get; }
        }
        """);

    [Fact]
    public Task AClassIsAModelOrABlock() => AnalyzerHarness.Verify(Usings + """
        [Model(Width = 64, Context = 32), Block]
        public sealed partial class {|MDL0015:Both|}
        {
            [RmsNorm] public partial Norm Norm { get; }
        }

        [Model(Width = 64, Context = 32)]
        public sealed partial class Outer
        {
            public partial Inner Layer { get; }

            [Block]
            public sealed partial class Inner
            {
                [RmsNorm] public partial Norm Norm { get; }
            }
        }
        """);
}
