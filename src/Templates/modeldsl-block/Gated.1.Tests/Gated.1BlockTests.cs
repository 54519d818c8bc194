namespace Gated._1.Tests;

using ModelDsl;

/// <summary>The block as a function of activations.</summary>
[Model(Width = 16, Context = 24)]
public sealed partial class BlockFunction
{
    /// <summary>The block itself.</summary>
    public partial Gated__1Block Block { get; }
}

/// <summary>The smallest language model with two of the block.</summary>
[Model(Width = 16, Context = 24)]
public sealed partial class BlockModel
{
    /// <summary>A row for each token.</summary>
    [Embedding(Vocabulary = 32)]
    public partial Embedding Tokens { get; }

    /// <summary>The blocks.</summary>
    [Repeat(2)]
    public partial BlockStack<Gated__1Block> Blocks { get; }

    /// <summary>Logits of the next token.</summary>
    [LanguageHead]
    public partial Head Head { get; }
}

// One class: its tests run one after the other, as counting allocations needs.
public class Gated__1BlockTests
{
    [Fact]
    public void GradientsAreRight()
    {
        using BlockFunction function = BlockFunction.Create(seed: 1);
        ModelChecks.Gradients(function);
        using BlockModel model = BlockModel.Create(seed: 1);
        ModelChecks.LossGradients(model);
    }

    [Fact]
    public void DecodingGivesTheLogitsOfTheForwardPass()
    {
        using BlockModel model = BlockModel.Create(seed: 1);
        ModelChecks.DecodeEqualsForward(model);
    }

    [Fact]
    public void StepsAllocateNothing()
    {
        using BlockModel model = BlockModel.Create(seed: 1);
        ModelChecks.TrainingAllocatesNothing(model);
        ModelChecks.DecodingAllocatesNothing(model);
    }

    [Fact]
    public void AResumedTrainingEqualsTheUninterruptedOne()
    {
        using BlockModel model = BlockModel.Create(seed: 1);
        ModelChecks.ResumeIsExact(model);
    }
}
