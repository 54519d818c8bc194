using ModelDsl.Checkpoints;
using ModelDsl.Memory;
using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>
/// One instance of a compiled model: its program and the memory of its parameters. A generated model class holds one and
/// forwards to it; trainers, decoders and modules made from it share its parameters, so that a decoder sees each step of a trainer,
/// unless it keeps weights of its own (<see cref="DecoderOptions.Weights"/>).
/// </summary>
public sealed class ModelInstance : IFrameSource, IDisposable
{
    private ModelInstance(ModelProgram program)
    {
        Program = program;
        CheckLayout(Plan);
        ParameterArena = new Arena(Plan.ParameterFloats);
        ConstantArena = new Arena(Plan.ConstantFloats);
        program.FillConstants(ConstantArena.Data);
        Parameters = new ParameterCollection(Plan.Parameters, ParameterArena, null);
    }

    /// <summary>The compiled programs.</summary>
    public ModelProgram Program { get; }

    /// <summary>What the compiler planned.</summary>
    public ModelPlan Plan => Program.Plan;

    /// <summary>Name, shape and values of every parameter.</summary>
    public ParameterCollection Parameters { get; }

    internal Arena ParameterArena { get; }

    internal Arena ConstantArena { get; }

    /// <summary>Creates a model with freshly initialised parameters: the same seed gives the same values on every machine.</summary>
    public static ModelInstance Create(ModelProgram program, int seed)
    {
        ArgumentNullException.ThrowIfNull(program);
        ModelInstance model = new(program);
        Initialization.Fill(model.ParameterArena.Data, program.Plan.Parameters, (ulong)seed);
        return model;
    }

    /// <summary>Loads a model from a safetensors file: one of <see cref="Save"/>, a trainer's checkpoint, or any with tensors of the same names and shapes.</summary>
    /// <exception cref="CheckpointException">The file is of another model: lists every missing, unexpected and mis-shaped tensor.</exception>
    /// <exception cref="SafetensorsException">The file is malformed.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ModelInstance Load(ModelProgram program, string path)
    {
        ArgumentNullException.ThrowIfNull(program);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        ModelInstance model = new(program);
        try
        {
            Checkpoint.Load(file, program.Plan, model.ParameterArena.Data);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Writes the parameters to a safetensors file, whole or not at all: to a temporary file that is flushed and renamed.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <exception cref="IOException">The file cannot be written; an existing one is unchanged.</exception>
    public void Save(string path)
    {
        SafetensorsWriter writer = new();
        Checkpoint.Add(writer, Plan, ParameterArena.Data);
        writer.Save(path);
        GC.KeepAlive(this);
    }

    /// <summary>Makes a trainer of this model's parameters.</summary>
    /// <exception cref="ArgumentException">The options do not fit together or do not fit the model; the message lists every reason.</exception>
    public Trainer CreateTrainer(TrainerOptions options) => new(this, options);

    /// <summary>Makes a decoder that reads this model's parameters, or a rounded copy of its own: <see cref="DecoderOptions.Weights"/>.</summary>
    /// <exception cref="ArgumentException">The options do not work for the model; the message lists every reason.</exception>
    public Decoder CreateDecoder(DecoderOptions? options = null) => new(this, options ?? new DecoderOptions());

    /// <summary>Makes a handle that computes the model without its loss, forward and backward.</summary>
    /// <exception cref="ArgumentException">The options do not work for the model; the message lists every reason.</exception>
    public ModelModule CreateModule(ModuleOptions? options = null) => new(this, options ?? new ModuleOptions());

    /// <summary>Frees the parameters; trainers and decoders of the model throw from then on, except decoders with weights of their own.</summary>
    public void Dispose()
    {
        ParameterArena.Dispose();
        ConstantArena.Dispose();
    }

    void IFrameSource.Bind(Frame frame)
    {
        frame.Parameters = ParameterArena.Data;
        frame.Constants = ConstantArena.Data;
    }

    private static void CheckLayout(ModelPlan plan)
    {
        const int line = Arena.Alignment / sizeof(float);
        long end = 0;
        foreach (ParameterInfo info in plan.Parameters.OrderBy(info => info.Offset))
        {
            if (info.Offset < end)
                throw new InvalidOperationException($"The plan of '{plan.Name}' puts '{info.Name}' at offset {info.Offset}: within the parameter before it, which ends at {end}.");
            end = info.Offset + info.Length;
        }

        if (plan.ParameterFloats < end || plan.ParameterFloats % line != 0)
            throw new InvalidOperationException($"The plan of '{plan.Name}' has {plan.ParameterFloats} parameter floats: too few, or not a whole number of cache lines.");
    }
}
