using ModelDsl.Compiler;
using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.Generators.Tests;

/// <summary>A defect of the compiler is reported with its stage, and user code still binds.</summary>
public class InternalErrorTests
{
    // Passes every check but names a block that is not there: the reader cannot produce it.
    private static readonly ModelDeclaration Impossible = new(
        new TypeIdentity("Demo", "Impossible", "public", default),
        new AttributeDeclaration("Model", new[] { new ArgumentDeclaration("Width", 32), new ArgumentDeclaration("Context", 16) }.ToEquatableArray()),
        new[] { new MemberDeclaration("Gone", "global::Demo.Gone", "Demo.Gone", "public", IsPartial: true, "Demo.Gone", default) }.ToEquatableArray(),
        default,
        ClassForm.None);

    [Fact]
    public void ADefectIsAnErrorWithItsStage()
    {
        CompiledModel result = Stages.CompileModel(new CheckedModel(default!, Impossible), CancellationToken.None);
        ModelError error = Assert.Single(result.Errors);
        Assert.Equal("MDL9001", error.Id);
        Assert.Contains("'Graph': KeyNotFoundException", DiagnosticCatalogue.Format(error), StringComparison.Ordinal);
        Assert.Empty(result.Files);
    }

    [Fact]
    public void ADefectOfTheChecksIsOneToo()
    {
        CheckedModel result = Stages.CheckModel(new ModelReading(Impossible, null), CancellationToken.None);
        Assert.Contains("'Checks': KeyNotFoundException", DiagnosticCatalogue.Format(Assert.Single(result.Result.Errors)), StringComparison.Ordinal);
        Assert.Contains("MDL9001", Assert.Single(result.Result.Surface).Text, StringComparison.Ordinal);
        Assert.Null(result.Valid);
    }

    [Fact]
    public void ACancellationIsNone()
    {
        using CancellationTokenSource source = new();
        source.Cancel();
        ModelDeclaration valid = Impossible with { Members = new[] { new MemberDeclaration("Norm", "global::ModelDsl.Norm", "Norm", "public", IsPartial: true, null, new[] { new AttributeDeclaration("RmsNorm", default) }.ToEquatableArray()) }.ToEquatableArray() };
        Assert.Throws<OperationCanceledException>(() => Stages.CompileModel(new CheckedModel(default!, valid), source.Token));
    }

    [Fact]
    public void AStageIsNamedOnce()
    {
        StageException thrown = Assert.Throws<StageException>(() => StageException.Run("Outer", () => StageException.Run<int>("Fusion", () => throw new InvalidOperationException("broken"))));
        Assert.Equal("Fusion", thrown.Stage);
    }
}
