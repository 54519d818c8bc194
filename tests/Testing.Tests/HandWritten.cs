using ModelDsl.Memory;
using ModelDsl.Programs;

namespace ModelDsl.Testing.Tests;

/// <summary>A function written by hand, with a backward written by hand: y = V · tanh(W · x + b), and what is wrong with one of its gradients.</summary>
internal sealed class HandWritten : IModel<HandWritten>
{
    private static readonly HandWrittenProgram Right = new("", 1);

    private readonly ModelInstance instance;

    private HandWritten(ModelProgram program, int seed) => instance = ModelInstance.Create(program, seed);

    public static ModelCard Card { get; } = new(Right.Plan);

    public ParameterCollection Parameters => instance.Parameters;

    public static HandWritten Create(int seed) => new(Right, seed);

    /// <summary>Its gradient of a tensor, a parameter or <c>input</c>, comes out multiplied.</summary>
    public static HandWritten Create(int seed, string tensor, float factor) => new(new HandWrittenProgram(tensor, factor), seed);

    public static HandWritten Load(string path) => throw new NotSupportedException();

    public void Save(string path) => instance.Save(path);

    public ModelModule CreateModule(ModuleOptions? options = null) => instance.CreateModule(options);

    public void Dispose() => instance.Dispose();
}

/// <inheritdoc cref="HandWritten"/>
internal sealed class HandWrittenProgram(string spoiled, float factor) : ModelProgram
{
    private const int Width = 6, Hidden = 10, First = 0, Bias = 64, Second = 80;

    public override ModelPlan Plan { get; } = new()
    {
        Name = "HandWritten",
        Context = 12,
        Width = Width,
        Vocabulary = 0,
        OutputColumns = Width,
        Fingerprint = "hand-written",
        Parameters =
        [
            new ParameterInfo("First.Weight", [Hidden, Width], First, new Initializer(InitializerKind.Normal, 0.3f), Decay: true),
            new ParameterInfo("First.Bias", [Hidden], Bias, new Initializer(InitializerKind.Constant, 0), Decay: false),
            new ParameterInfo("Second.Weight", [Width, Hidden], Second, new Initializer(InitializerKind.Normal, 0.3f), Decay: true),
        ],
        ParameterFloats = Second + 64,
        ConstantFloats = 0,
        CacheFloatsPerPosition = 0,
        Module = new ProgramPlan(Hidden + (2 * Width), 0, 0),
    };

    public override void Forward(Frame frame)
    {
        F32 w = frame.Parameters.At(First), b = frame.Parameters.At(Bias), v = frame.Parameters.At(Second);
        frame.ModuleOutput = frame.Activations;
        F32 hidden = frame.Activations.At(frame.Rows * Width);
        for (nint row = 0; row < frame.Rows; row++)
        {
            for (nint h = 0; h < Hidden; h++)
            {
                float sum = b[h];
                for (nint i = 0; i < Width; i++) sum += w[(h * Width) + i] * frame.ModuleInput[(row * Width) + i];
                hidden[(row * Hidden) + h] = MathF.Tanh(sum);
            }

            for (nint o = 0; o < Width; o++)
            {
                float sum = 0;
                for (nint h = 0; h < Hidden; h++) sum += v[(o * Hidden) + h] * hidden[(row * Hidden) + h];
                frame.ModuleOutput[(row * Width) + o] = sum;
            }
        }
    }

    public override void Backward(Frame frame)
    {
        F32 w = frame.Parameters.At(First), v = frame.Parameters.At(Second);
        F32 dw = frame.Gradients.At(First), db = frame.Gradients.At(Bias), dv = frame.Gradients.At(Second);
        if (!frame.AccumulateGradients) frame.Gradients.AsSpan((nint)Plan.ParameterFloats).Clear();
        F32 hidden = frame.Activations.At(frame.Rows * Width);
        F32 dx = frame.ModuleInputGradient = frame.Activations.At(frame.Rows * (Width + Hidden));
        dx.AsSpan(frame.Rows * Width).Clear();
        for (nint row = 0; row < frame.Rows; row++)
        {
            for (nint h = 0; h < Hidden; h++)
            {
                float y = hidden[(row * Hidden) + h], dh = 0;
                for (nint o = 0; o < Width; o++)
                {
                    float dy = frame.ModuleOutputGradient[(row * Width) + o];
                    dh += v[(o * Hidden) + h] * dy;
                    dv[(o * Hidden) + h] += Factor("Second.Weight") * y * dy;
                }

                float da = dh * (1 - (y * y));
                db[h] += Factor("First.Bias") * da;
                for (nint i = 0; i < Width; i++)
                {
                    dw[(h * Width) + i] += Factor("First.Weight") * da * frame.ModuleInput[(row * Width) + i];
                    dx[(row * Width) + i] += Factor("input") * da * w[(h * Width) + i];
                }
            }
        }
    }

    private float Factor(string tensor) => tensor == spoiled ? factor : 1;
}
