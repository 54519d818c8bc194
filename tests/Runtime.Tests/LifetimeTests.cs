using System.Runtime.CompilerServices;
using ModelDsl.Runtime.Tests.Decoding;
using ModelDsl.Runtime.Tests.Training;

namespace ModelDsl.Runtime.Tests;

/// <summary>Native memory lives as long as anything that can reach it, disposed of or not.</summary>
[Collection(Allocations.Name)]
public sealed class LifetimeTests
{
    [Fact]
    public void A_parameter_keeps_its_values_and_gradient()
    {
        (Parameter parameter, WeakReference owner) = Detached();
        Collect();
        Assert.False(owner.IsAlive);
        Assert.All(parameter.Values.ToArray(), value => Assert.Equal(7, value));
        Assert.All(parameter.Gradient.ToArray(), value => Assert.Equal(0, value));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static (Parameter Parameter, WeakReference Owner) Detached()
        {
            ModelInstance model = ModelInstance.Create(new BigramProgram(3), 1);
            Trainer trainer = model.CreateTrainer(new TrainerOptions { Batch = 1, Sequence = 2, Optimizer = new AdamW() });
            Parameter parameter = trainer.Parameters["Table.Weight"];
            parameter.Values.Fill(7);
            return (parameter, new WeakReference(trainer));
        }
    }

    [Fact]
    public void A_decoder_keeps_the_parameters_it_reads()
    {
        (Decoder decoder, WeakReference owner) = Detached(WeightFormat.Float32);
        Collect();
        Assert.True(owner.IsAlive);
        Assert.Equal([0, 3, 0, 0, 0], decoder.Step(1).ToArray());
        decoder.Dispose();
    }

    [Fact]
    public void A_decoder_with_weights_of_its_own_lets_its_model_go()
    {
        (Decoder decoder, WeakReference owner) = Detached(WeightFormat.BFloat16);
        Collect();
        Assert.False(owner.IsAlive);
        Assert.Equal([0, 3, 0, 0, 0], decoder.Step(1).ToArray());
        decoder.Dispose();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (Decoder Decoder, WeakReference Owner) Detached(WeightFormat weights)
    {
        ModelInstance model = ModelInstance.Create(new HistoryProgram(), 0);
        model.Parameters[0].Values[0] = 3;
        return (model.CreateDecoder(new DecoderOptions { Weights = weights }), new WeakReference(model));
    }

    private static void Collect()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
