using System.Reflection;
using ModelDsl.Memory;
using ModelDsl.Programs;

namespace ModelDsl.Testing.Tests;

/// <summary>A generated model whose program a test spoils: forwards like a generated class, to a program that does the same up to what is overridden.</summary>
/// <typeparam name="TModel">The generated model.</typeparam>
/// <typeparam name="TFault">What is spoiled.</typeparam>
internal sealed class Spoiled<TModel, TFault> : ILanguageModel<Spoiled<TModel, TFault>>
    where TModel : class, IModel<TModel>
    where TFault : SpoiledProgram, new()
{
    private readonly ModelInstance instance;

    private Spoiled(int seed, Action<TFault>? change)
    {
        TFault program = new() { Inner = (ModelProgram)typeof(TModel).GetMethod("__Program", BindingFlags.NonPublic | BindingFlags.Static)!.Invoke(null, null)! };
        change?.Invoke(program);
        instance = ModelInstance.Create(program, seed);
    }

    public static ModelCard Card => TModel.Card;

    public ParameterCollection Parameters => instance.Parameters;

    public static Spoiled<TModel, TFault> Create(int seed) => new(seed, null);

    public static Spoiled<TModel, TFault> Create(int seed, Action<TFault> change) => new(seed, change);

    public static Spoiled<TModel, TFault> Load(string path) => throw new NotSupportedException();

    public void Save(string path) => instance.Save(path);

    public Trainer CreateTrainer(TrainerOptions options) => instance.CreateTrainer(options);

    public Decoder CreateDecoder(DecoderOptions? options = null) => instance.CreateDecoder(options);

    public ModelModule CreateModule(ModuleOptions? options = null) => instance.CreateModule(options);

    public void Dispose() => instance.Dispose();
}

/// <summary>Does what the generated program does.</summary>
internal abstract class SpoiledProgram : ModelProgram
{
    public ModelProgram Inner { get; init; } = null!;

    public override ModelPlan Plan => Inner.Plan;

    public override void Train(Frame frame) => Inner.Train(frame);

    public override void Evaluate(Frame frame) => Inner.Evaluate(frame);

    public override void Prefill(Frame frame) => Inner.Prefill(frame);

    public override void Decode(Frame frame) => Inner.Decode(frame);

    public override void Forward(Frame frame) => Inner.Forward(frame);

    public override void Backward(Frame frame) => Inner.Backward(frame);

    public override void FillConstants(F32 constants) => Inner.FillConstants(constants);
}
