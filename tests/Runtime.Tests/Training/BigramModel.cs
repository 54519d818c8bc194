namespace ModelDsl.Runtime.Tests.Training;

/// <summary>What a generated model class does: hold one instance and forward to it.</summary>
internal sealed class BigramModel : ILanguageModel<BigramModel>
{
    private readonly ModelInstance instance;

    private BigramModel(ModelInstance instance) => this.instance = instance;

    public static ModelCard Card { get; } = new(CreateProgram().Plan);

    public ParameterCollection Parameters => instance.Parameters;

    public static BigramModel Create(int seed) => new(ModelInstance.Create(CreateProgram(), seed));

    public static BigramModel Load(string path) => new(ModelInstance.Load(CreateProgram(), path));

    public void Save(string path) => instance.Save(path);

    public Trainer CreateTrainer(TrainerOptions options) => instance.CreateTrainer(options);

    public Decoder CreateDecoder(DecoderOptions? options = null) => instance.CreateDecoder(options);

    public ModelModule CreateModule(ModuleOptions? options = null) => instance.CreateModule(options);

    public void Dispose() => instance.Dispose();

    private static BigramProgram CreateProgram() => new(256, 16);
}
