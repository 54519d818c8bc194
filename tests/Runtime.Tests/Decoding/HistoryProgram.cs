using ModelDsl.Memory;
using ModelDsl.Programs;

namespace ModelDsl.Runtime.Tests.Decoding;

/// <summary>
/// A model without parameters worth the name whose logits are a function of everything a sequence holds, through a cache of two
/// "layers": logit j is the sum of (p + 1)·scale over the positions p that hold token j.
/// </summary>
internal sealed class HistoryProgram(int vocabulary = 5, int context = 12) : ModelProgram
{
    private readonly int v = vocabulary;

    public List<int> Chunks { get; } = [];

    public bool RecordChunks { get; set; }

    public override ModelPlan Plan { get; } = new()
    {
        Name = "History",
        Context = context,
        Width = 1,
        Vocabulary = vocabulary,
        OutputColumns = vocabulary,
        Fingerprint = "history",
        Parameters = [new ParameterInfo("Scale", [1], 0, new Initializer(InitializerKind.Constant, 1), Decay: false)],
        ParameterFloats = 16,
        ConstantFloats = 3,
        CacheFloatsPerPosition = 3,
        Prefill = new ProgramPlan(1, vocabulary, 0),
        Decode = new ProgramPlan(2, vocabulary, 0),
    };

    /// <summary>What the logits should be.</summary>
    public static float[] Logits(IReadOnlyList<int> held, int vocabulary)
    {
        float[] logits = new float[vocabulary];
        for (int p = 0; p < held.Count; p++) logits[held[p]] += p + 1;
        return logits;
    }

    public override void FillConstants(F32 constants) => constants.AsSpan(3).Fill(1);

    public override void Prefill(Frame frame)
    {
        if (RecordChunks) Chunks.Add(frame.Time);
        Run(frame);
    }

    public override void Decode(Frame frame)
    {
        if (frame.Time != 1) throw new InvalidOperationException("One token a sequence.");
        Run(frame);
    }

    private void Run(Frame frame)
    {
        if (frame.Constants[2] != 1) throw new InvalidOperationException("Constants are missing.");
        frame.Logits = frame.Sequences;
        for (int b = 0; b < frame.Batch; b++)
        {
            // Layer 0 keeps tokens (one float a position), layer 1 pairs of position and its negative (two floats).
            F32 tokens = frame.Cache.At(b * frame.CacheStride), pairs = tokens.At(frame.CacheCapacity);
            int start = frame.Starts[b];
            for (int t = 0; t < frame.Time; t++)
            {
                if (start + t >= frame.CacheCapacity) throw new InvalidOperationException("Beyond the cache.");
                tokens[start + t] = frame.Inputs[(nint)b * frame.Time + t];
                pairs[2 * (start + t)] = start + t;
                pairs[2 * (start + t) + 1] = -(start + t);
            }

            Span<float> logits = frame.Logits.At((nint)b * v).AsSpan(v);
            logits.Clear();
            for (int p = 0; p < start + frame.Time; p++)
            {
                if (pairs[2 * p] != p || pairs[2 * p + 1] != -p) throw new InvalidOperationException("Layers overlap.");
                logits[(int)tokens[p]] += (p + 1) * frame.Parameters[0];
            }
        }
    }
}
