namespace ModelDsl.Programs;

/// <summary>The compiled programs of one model; the generator derives one class a model from it. A call a step, so virtual dispatch costs nothing.</summary>
public abstract class ModelProgram
{
    /// <summary>Parameters, memory and extents, known at compile time.</summary>
    public abstract ModelPlan Plan { get; }

    /// <summary>Forward, loss and backward: sets <see cref="Frame.RowLosses"/> and writes every gradient.</summary>
    public virtual void Train(Frame frame) => throw Missing(nameof(Train));

    /// <summary>Forward and loss: sets <see cref="Frame.RowLosses"/>.</summary>
    public virtual void Evaluate(Frame frame) => throw Missing(nameof(Evaluate));

    /// <summary>Appends <see cref="Frame.Time"/> tokens to each sequence's caches and computes the logits of the last one.</summary>
    public virtual void Prefill(Frame frame) => throw Missing(nameof(Prefill));

    /// <summary>Appends one token to each sequence's caches and computes its logits.</summary>
    public virtual void Decode(Frame frame) => throw Missing(nameof(Decode));

    /// <summary>Forward without a loss: sets <see cref="Frame.ModuleOutput"/> and keeps what the backward needs.</summary>
    public virtual void Forward(Frame frame) => throw Missing(nameof(Forward));

    /// <summary>Backward of <see cref="Forward"/> from <see cref="Frame.ModuleOutputGradient"/>: writes every gradient and sets <see cref="Frame.ModuleInputGradient"/>.</summary>
    public virtual void Backward(Frame frame) => throw Missing(nameof(Backward));

    /// <summary>Fills the tables of <see cref="ModelPlan.ConstantFloats"/> (rotary angles).</summary>
    public virtual void FillConstants(Memory.F32 constants) { }

    private InvalidOperationException Missing(string program) => new(
        $"Model '{Plan.Name}' has no {program} program: training and decoding need an [Embedding] first and a [LanguageHead] last.");
}
