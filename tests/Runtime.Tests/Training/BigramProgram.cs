using ModelDsl.Memory;
using ModelDsl.Programs;

namespace ModelDsl.Runtime.Tests.Training;

/// <summary>
/// A model small enough to check by hand: logits of the next token are a row of a table plus a bias; written in plain loops over
/// the same frame that generated programs use.
/// </summary>
internal sealed class BigramProgram(int vocabulary = 7, int context = 8) : ModelProgram
{
    private readonly int v = vocabulary;

    /// <summary>Set to poison one gradient in the next training pass.</summary>
    public (string Parameter, float Value)? Poison { get; set; }

    /// <summary>Number of rows of each training pass so far.</summary>
    public List<long> Passes { get; } = [];

    public bool RecordPasses { get; set; }

    public static long Padded(long floats) => (floats + 15) / 16 * 16;

    public override ModelPlan Plan { get; } = new()
    {
        Name = "Bigram",
        Context = context,
        Width = vocabulary,
        Vocabulary = vocabulary,
        OutputColumns = vocabulary,
        Fingerprint = $"bigram-{vocabulary}",
        Parameters =
        [
            new ParameterInfo("Table.Weight", [vocabulary, vocabulary], 0, new Initializer(InitializerKind.Normal, 0.02f), Decay: true),
            new ParameterInfo("Head.Bias", [vocabulary], Padded((long)vocabulary * vocabulary), new Initializer(InitializerKind.Constant, 0), Decay: false),
        ],
        ParameterFloats = Padded((long)vocabulary * vocabulary) + Padded(vocabulary),
        ConstantFloats = 0,
        CacheFloatsPerPosition = 0,
        Train = new ProgramPlan(1 + vocabulary, 0, 0),
        Evaluate = new ProgramPlan(1 + vocabulary, 0, 0),
        Module = new ProgramPlan(vocabulary, 0, 0),
    };

    public override void Train(Frame frame)
    {
        if (RecordPasses) Passes.Add(frame.Rows);
        Losses(frame);
        F32 dTable = frame.Gradients, dBias = frame.Gradients.At((nint)Plan.Parameters[1].Offset);
        if (!frame.AccumulateGradients)
        {
            dTable.AsSpan(v * v).Clear();
            dBias.AsSpan(v).Clear();
        }

        for (nint row = 0; row < frame.Rows; row++)
        {
            int target = frame.Targets[row];
            if (target < 0) continue;
            F32 p = frame.Activations.At(frame.Rows + row * v);
            for (int j = 0; j < v; j++)
            {
                float d = (p[j] - (j == target ? 1 : 0)) * frame.LossScale;
                dTable[(nint)frame.Inputs[row] * v + j] += d;
                dBias[j] += d;
            }
        }

        if (Poison is not null) Apply(Poison.Value.Parameter, Poison.Value.Value, frame);
    }

    private void Apply(string parameter, float value, Frame frame)
        => frame.Gradients[(nint)Plan.Parameters.Single(p => p.Name == parameter).Offset + 1] = value;

    public override void Evaluate(Frame frame) => Losses(frame);

    public override void Forward(Frame frame)
    {
        frame.ModuleOutput = frame.Activations;
        for (nint row = 0; row < frame.Rows; row++) Logits(frame, row, frame.ModuleOutput.At(row * v));
    }

    public override void Backward(Frame frame)
    {
        F32 dTable = frame.Gradients, dBias = frame.Gradients.At((nint)Plan.Parameters[1].Offset);
        if (!frame.AccumulateGradients)
        {
            dTable.AsSpan(v * v).Clear();
            dBias.AsSpan(v).Clear();
        }

        for (nint row = 0; row < frame.Rows; row++)
        {
            for (int j = 0; j < v; j++)
            {
                float d = frame.ModuleOutputGradient[row * v + j];
                dTable[(nint)frame.Inputs[row] * v + j] += d;
                dBias[j] += d;
            }
        }
    }

    private void Losses(Frame frame)
    {
        frame.RowLosses = frame.Activations;
        for (nint row = 0; row < frame.Rows; row++)
        {
            F32 p = frame.Activations.At(frame.Rows + row * v);
            Logits(frame, row, p);
            double sum = 0, largest = float.NegativeInfinity;
            int target = frame.Targets[row];
            for (int j = 0; j < v; j++) largest = Math.Max(largest, p[j]);
            double logit = target < 0 ? 0 : p[target] - largest;
            for (int j = 0; j < v; j++) sum += Math.Exp(p[j] - largest);
            for (int j = 0; j < v; j++) p[j] = (float)(Math.Exp(p[j] - largest) / sum);
            frame.RowLosses[row] = target < 0 ? 0 : (float)(Math.Log(sum) - logit);
        }
    }

    private void Logits(Frame frame, nint row, F32 logits)
    {
        F32 table = frame.Parameters.At((nint)frame.Inputs[row] * v), bias = frame.Parameters.At((nint)Plan.Parameters[1].Offset);
        for (int j = 0; j < v; j++) logits[j] = table[j] + bias[j];
    }
}
