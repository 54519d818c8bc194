using ModelDsl.Programs;

namespace ModelDsl.Runtime.Tests.Training;

public sealed class ModuleTests
{
    [Fact]
    public void A_model_of_tokens_gives_logits_and_the_gradients_of_its_parameters()
    {
        using ModelInstance model = ModelInstance.Create(new BigramProgram(3), 1);
        using ModelModule module = model.CreateModule(new ModuleOptions { Batch = 2, Sequence = 4 });
        ReadOnlySpan<float> output = module.Forward([2, 0], 1, 2);
        Compare.Near([.. model.Parameters["Table.Weight"].Values[6..9], .. model.Parameters["Table.Weight"].Values[..3]], output, 0);
        Assert.True(module.Backward([1, 2, 3, 4, 5, 6]).IsEmpty);
        Assert.Equal([4, 5, 6, 0, 0, 0, 1, 2, 3], module.Parameters["Table.Weight"].Gradient.ToArray());
        module.Forward([2, 0], 1, 2);
        module.Backward([1, 2, 3, 4, 5, 6], accumulate: true);
        Assert.Equal([10, 14, 18], module.Parameters["Head.Bias"].Gradient.ToArray());
        Assert.Throws<InvalidOperationException>(() => module.Backward(new float[6]));
        Assert.Throws<InvalidOperationException>(() => module.Forward(new float[6], 1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => module.Forward([3], 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => module.Forward(new int[5], 1, 5));
    }

    [Fact]
    public void A_block_of_activations_gives_the_gradient_of_its_input()
    {
        using ModelInstance model = ModelInstance.Create(new ScaleProgram(), 1);
        using ModelModule module = model.CreateModule(new ModuleOptions { Batch = 2, Sequence = 2 });
        Assert.Equal([2, 4, 6, 8], module.Forward([1f, 2, 3, 4], 2, 1).ToArray());
        Assert.Equal([20, 0, 0, 2], module.Backward([10, 0, 0, 1]).ToArray());
        Assert.Equal(14, module.Parameters[0].Gradient[0]);
        Assert.Throws<InvalidOperationException>(() => module.Forward([1], 1, 1));
        Assert.Throws<ArgumentException>(() => module.Forward([1f, 2, 3], 1, 1));
    }

    /// <summary>y = 2x with one parameter, the 2, of activations of width 2.</summary>
    private sealed class ScaleProgram : ModelProgram
    {
        public override ModelPlan Plan { get; } = new()
        {
            Name = "Scale",
            Context = 4,
            Width = 2,
            Vocabulary = 0,
            OutputColumns = 2,
            Fingerprint = "scale",
            Parameters = [new ParameterInfo("Factor", [1], 0, new Initializer(InitializerKind.Constant, 2), Decay: false)],
            ParameterFloats = 16,
            ConstantFloats = 0,
            CacheFloatsPerPosition = 0,
            Module = new ProgramPlan(4, 0, 0),
        };

        public override void Forward(Frame frame)
        {
            frame.ModuleOutput = frame.Activations;
            for (nint i = 0; i < frame.Rows * 2; i++) frame.ModuleOutput[i] = frame.Parameters[0] * frame.ModuleInput[i];
        }

        public override void Backward(Frame frame)
        {
            frame.ModuleInputGradient = frame.Activations.At(frame.Rows * 2);
            float sum = 0;
            for (nint i = 0; i < frame.Rows * 2; i++)
            {
                frame.ModuleInputGradient[i] = frame.Parameters[0] * frame.ModuleOutputGradient[i];
                sum += frame.ModuleInput[i] * frame.ModuleOutputGradient[i];
            }

            frame.Gradients[0] = frame.AccumulateGradients ? frame.Gradients[0] + sum : sum;
        }
    }
}
