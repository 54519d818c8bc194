using ModelDsl.Programs;

namespace ModelDsl.Testing.Tests;

public class GradientTests
{
    public static TheoryData<string> Tensors => ["input", "First.Weight", "First.Bias", "Second.Weight"];

    [Fact]
    public void ARightGradientPassesWithEverySeed()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            using HandWritten function = HandWritten.Create(seed);
            GradientReport report = ModelChecks.Gradients(function, new CheckOptions { Seed = seed });
            Assert.Equal(4, report.Tensors.Count);
            Assert.Empty(report.Unresolved);
            // Far from the edge: what is allowed is not tight by luck.
            Assert.InRange(report.Worst.Error / report.Worst.Allowed, 0, 0.5);
        }
    }

    [Theory]
    [MemberData(nameof(Tensors))]
    public void AGradientThatIsWrongByFivePercentIsNamedWithEverySeed(string tensor)
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            using HandWritten function = HandWritten.Create(seed, tensor, 1.05f);
            ModelCheckException thrown = Assert.Throws<ModelCheckException>(() => ModelChecks.Gradients(function, new CheckOptions { Seed = seed }));
            Assert.Contains($"The gradient of '{tensor}' of 'HandWritten' disagrees", thrown.Message, StringComparison.Ordinal);
            Assert.Contains("every other tensor (3) passes", thrown.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void GeneratedGradientsPassWithEverySeed()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            CheckOptions options = new() { Seed = seed, Batch = 1 + (seed % 3), Sequence = 5 + seed };
            using LlamaLm llama = LlamaLm.Create(seed);
            Assert.Empty(ModelChecks.LossGradients(llama, options).Unresolved);
            Assert.Empty(ModelChecks.Gradients(llama, options).Unresolved);
            using BlockFunction function = BlockFunction.Create(seed);
            Assert.Empty(ModelChecks.Gradients(function, options).Unresolved);
        }
    }

    /// <summary>Corners of the function at random places, and gradients of key biases that are zero up to rounding.</summary>
    [Fact]
    public void CornersAndZeroGradientsAreNoErrors()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            using ReluLm model = ReluLm.Create(seed);
            CheckOptions options = new() { Seed = seed };
            Assert.Contains(ModelChecks.LossGradients(model, options).Unresolved, tensor => tensor.Name == "Blocks.1.Attention.Key.Bias");
            ModelChecks.Gradients(model, options);
        }
    }

    /// <summary>The gradients are so small that the smaller steps change no bit of the loss: no difference, and no disagreement either.</summary>
    [Fact]
    public void StepsBelowTheResolutionOfTheFunctionAreNoMeasure()
    {
        for (int seed = 1; seed <= 12; seed++)
        {
            using ReluLm model = ReluLm.Create(seed);
            ModelChecks.LossGradients(model, new CheckOptions { Seed = seed, Batch = 1, Sequence = 2, RandomParameters = false });
        }
    }

    [Fact]
    public void FreshParametersCanBeCheckedAndStayWhatTheyAre()
    {
        using LlamaLm model = LlamaLm.Create(3);
        float[][] before = [.. model.Parameters.Select(parameter => parameter.Values.ToArray())];
        ModelChecks.LossGradients(model, new CheckOptions { RandomParameters = false });
        ModelChecks.LossGradients(model);
        ModelChecks.Gradients(model);
        Assert.All(model.Parameters.Zip(before), pair => Assert.True(pair.First.Values.SequenceEqual(pair.Second)));
    }

    [Theory]
    [InlineData("Tokens.Weight")]
    [InlineData("Blocks.1.Attention.Key.Weight")]
    [InlineData("FinalNorm.Weight")]
    public void AWrongGradientOfAGeneratedProgramIsNamed(string tensor)
    {
        for (int seed = 1; seed <= 2; seed++)
        {
            using var model = Spoiled<LlamaLm, Scaled>.Create(seed, program => program.Tensor = tensor);
            CheckOptions options = new() { Seed = seed };
            foreach (Func<GradientReport> check in (Func<GradientReport>[])[() => ModelChecks.Gradients(model, options), () => ModelChecks.LossGradients(model, options)])
            {
                ModelCheckException thrown = Assert.Throws<ModelCheckException>(() => check());
                Assert.Contains($"The gradient of '{tensor}' of 'LlamaLm' disagrees", thrown.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void ALargeErrorBesideCornersIsNamed()
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            using var model = Spoiled<ReluLm, Scaled>.Create(seed, program => (program.Tensor, program.Factor) = ("Blocks.0.Ffn.Up.Weight", 1.5f));
            ModelCheckException thrown = Assert.Throws<ModelCheckException>(() => ModelChecks.LossGradients(model, new CheckOptions { Seed = seed }));
            Assert.Contains("'Blocks.0.Ffn.Up.Weight' of 'ReluLm' disagrees", thrown.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>Such a gradient is no smaller part of the whole for being wrong: one that is lost in noise is not waved through as negligible.</summary>
    [Theory]
    [InlineData(0f)]
    [InlineData(0.01f)]
    public void AGradientThatIsMissingOrFarTooSmallIsNamed(float factor)
    {
        const string Tensor = "FinalNorm.Weight";
        for (int seed = 1; seed <= 3; seed++)
        {
            using var smooth = Spoiled<LlamaLm, Scaled>.Create(seed, program => (program.Tensor, program.Factor) = (Tensor, factor));
            using var jagged = Spoiled<LlamaLm, Jagged>.Create(seed, program => (program.Tensor, program.Factor) = (Tensor, factor));
            CheckOptions options = new() { Seed = seed, Sequence = 8 };
            Assert.Contains($"'{Tensor}' of 'LlamaLm' disagrees", Assert.Throws<ModelCheckException>(() => ModelChecks.LossGradients(smooth, options)).Message, StringComparison.Ordinal);
            Assert.Contains($"'{Tensor}' of 'LlamaLm' cannot be judged", Assert.Throws<ModelCheckException>(() => ModelChecks.LossGradients(jagged, options)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ALossThatIsNotTheEvaluatedOneIsSaid()
    {
        using var model = Spoiled<LlamaLm, OtherLoss>.Create(1);
        ModelCheckException thrown = Assert.Throws<ModelCheckException>(() => ModelChecks.LossGradients(model));
        Assert.Contains("the train and the evaluate program", thrown.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void AGradientThatIsNoNumberIsNamed()
    {
        using var model = Spoiled<LlamaLm, Scaled>.Create(1, program => (program.Tensor, program.Factor) = ("FinalNorm.Weight", float.NaN));
        ModelCheckException thrown = Assert.Throws<ModelCheckException>(() => ModelChecks.Gradients(model));
        Assert.Contains("'FinalNorm.Weight' of 'LlamaLm' is NaN at element 0 of 24", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFunctionWhoseGradientsAreAllZeroIsSaid()
    {
        using HandWritten function = HandWritten.Create(1);
        foreach (Parameter parameter in function.Parameters) parameter.Values.Clear();
        ModelCheckException thrown = Assert.Throws<ModelCheckException>(() => ModelChecks.Gradients(function, new CheckOptions { RandomParameters = false }));
        Assert.Contains("Every gradient of 'HandWritten' is zero", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ALossThatIsOnlyNoiseCannotBeJudged()
    {
        using var model = Spoiled<LlamaLm, Noisy>.Create(1);
        ModelCheckException thrown = Assert.Throws<ModelCheckException>(() => ModelChecks.LossGradients(model, new CheckOptions { RandomParameters = false }));
        Assert.Contains("cannot be judged", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ParametersInputsAndDirectionsAreDrawnApart()
    {
        Watched watched = null!;
        using var model = Spoiled<BlockFunction, Watched>.Create(1, program => watched = program);
        ModelChecks.Gradients(model);
        Assert.InRange(Correlation(watched.Inputs[0], watched.Norm), -0.9, 0.9);
        // The inputs are the first tensor that is moved.
        float[] moved = watched.Inputs.First(inputs => !inputs.AsSpan().SequenceEqual(watched.Inputs[0]));
        float[] direction = [.. moved.Zip(watched.Inputs[0], (after, before) => after - before)];
        Assert.InRange(Correlation(watched.Inputs[0], direction), -0.9, 0.9);
        Assert.InRange(Correlation(direction, watched.Norm), -0.9, 0.9);

        // Of as many elements as the second has.
        static double Correlation(float[] first, float[] second)
        {
            double meanFirst = first.Take(second.Length).Average(), meanSecond = second.Average();
            double product = 0, squaresFirst = 0, squaresSecond = 0;
            for (int i = 0; i < second.Length; i++)
            {
                product += (first[i] - meanFirst) * (second[i] - meanSecond);
                squaresFirst += Math.Pow(first[i] - meanFirst, 2);
                squaresSecond += Math.Pow(second[i] - meanSecond, 2);
            }

            return product / Math.Sqrt(squaresFirst * squaresSecond);
        }
    }

    [Fact]
    public void OptionsThatDoNotWorkSayWhy()
    {
        using LlamaLm model = LlamaLm.Create(1);
        ArgumentException thrown = Assert.Throws<ArgumentException>(() => ModelChecks.Gradients(model, new CheckOptions { Sequence = 49 }));
        Assert.Contains("Sequence is 49: it must be from 1 to the model's context, 48", thrown.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ModelChecks.Gradients(model, new CheckOptions { Directions = 4 }));
    }

    private class Scaled : SpoiledProgram
    {
        public string Tensor { get; set; } = "";

        public float Factor { get; set; } = 1.05f;

        public override void Train(Frame frame)
        {
            base.Train(frame);
            // Once a step: gradients are added up over micro-batches.
            if (frame.AccumulateGradients) Scale(frame);
        }

        public override void Backward(Frame frame)
        {
            base.Backward(frame);
            Scale(frame);
        }

        private void Scale(Frame frame)
        {
            ParameterInfo info = Plan.Parameters.Single(parameter => parameter.Name == Tensor);
            foreach (ref float value in frame.Gradients.At((nint)info.Offset).AsSpan((nint)info.Length)) value *= Factor;
        }
    }

    /// <summary>Besides, the loss jumps at every change of the tensor's first element.</summary>
    private sealed class Jagged : Scaled
    {
        private int origin;

        public override void Train(Frame frame)
        {
            base.Train(frame);
            origin = First(frame);
        }

        public override void Evaluate(Frame frame)
        {
            base.Evaluate(frame);
            int first = First(frame);
            if (first != origin) frame.RowLosses[0] += 0.03f * frame.Rows * new Random(first).NextSingle();
        }

        private int First(Frame frame)
            => BitConverter.SingleToInt32Bits(frame.Parameters.At((nint)Plan.Parameters.Single(parameter => parameter.Name == Tensor).Offset)[0]);
    }

    /// <summary>Keeps what the first forward passes are given, and the parameter drawn first.</summary>
    private sealed class Watched : SpoiledProgram
    {
        public List<float[]> Inputs { get; } = [];

        public float[] Norm { get; private set; } = [];

        public override void Forward(Frame frame)
        {
            base.Forward(frame);
            if (Inputs.Count == 8) return;
            ParameterInfo first = Plan.Parameters[0];
            if (Inputs.Count == 0) Norm = frame.Parameters.At((nint)first.Offset).AsSpan((nint)first.Length).ToArray();
            Inputs.Add(frame.ModuleInput.AsSpan(frame.Rows * (nint)Plan.Width).ToArray());
        }
    }

    private sealed class OtherLoss : SpoiledProgram
    {
        public override void Evaluate(Frame frame)
        {
            base.Evaluate(frame);
            frame.RowLosses[0] += 0.01f;
        }
    }

    private sealed class Noisy : SpoiledProgram
    {
        private readonly Random random = new(1);

        public override void Evaluate(Frame frame)
        {
            base.Evaluate(frame);
            Span<float> losses = frame.RowLosses.AsSpan(frame.Rows);
            // The first evaluation is compared with the step's loss, to 1e-5.
            losses[0] += 1e-5f * random.NextSingle() * losses.Length;
        }
    }
}
