using ModelDsl.Kernels;

namespace ModelDsl.Runtime.Tests.Kernels;

/// <summary>Attention as its definition says, in double precision, and its gradients by the product rule on the stored probabilities.</summary>
internal sealed unsafe class AttentionReference
{
    private readonly AttentionShape shape;
    private readonly float[] inputs;
    private readonly int product;

    public AttentionReference(AttentionShape shape, float[] inputs, float[] outputGradient)
    {
        this.shape = shape;
        this.inputs = inputs;
        int columns = shape.Heads * shape.HeadWidth;
        product = columns + 2 * shape.KeyValueHeads * shape.HeadWidth;
        Output = new double[shape.Batch * shape.Time * columns];
        LogSumExp = new double[shape.Batch * shape.Time * shape.Heads];
        InputGradients = new double[inputs.Length];
        for (int b = 0; b < shape.Batch; b++)
            for (int h = 0; h < shape.Heads; h++)
                for (int t = 0; t < shape.Time; t++) Row(b, h, t, outputGradient);
    }

    public double[] Output { get; }

    public double[] LogSumExp { get; }

    public double[] InputGradients { get; }

    public static bool Sees(in AttentionShape shape, int batch, int query, int key)
    {
        if ((shape.Causal || shape.Window > 0) && key > query) return false;
        if (shape.Window > 0 && key < query - shape.Window + 1) return false;
        if (shape.SegmentStarts.IsNull) return true;
        int* starts = shape.SegmentStarts.Pointer + batch * shape.Time;
        return starts[query] <= key && starts[key] <= query;
    }

    private void Row(int b, int h, int t, float[] outputGradient)
    {
        int width = shape.HeadWidth, time = shape.Time, kv = h / (shape.Heads / shape.KeyValueHeads);
        int query = (b * time + t) * product + h * width, result = (b * time + t) * shape.Heads * width + h * width;
        int Key(int k) => (b * time + k) * product + (shape.Heads + kv) * width;
        int Value(int k) => Key(k) + shape.KeyValueHeads * width;

        double[] p = new double[time], slope = new double[time];
        double largest = double.NegativeInfinity;
        for (int k = 0; k < time; k++)
        {
            p[k] = double.NegativeInfinity;
            if (!Sees(shape, b, t, k)) continue;
            double s = 0;
            for (int i = 0; i < width; i++) s += (double)inputs[query + i] * inputs[Key(k) + i];
            s *= shape.Scale;
            slope[k] = 1;
            if (shape.SoftCap > 0)
            {
                double bent = Math.Tanh(s / shape.SoftCap);
                slope[k] = 1 - bent * bent;
                s = shape.SoftCap * bent;
            }

            p[k] = s;
            largest = Math.Max(largest, s);
        }

        double sum = 0;
        for (int k = 0; k < time; k++) sum += p[k] = double.IsNegativeInfinity(p[k]) ? 0 : Math.Exp(p[k] - largest);
        LogSumExp[(b * time + t) * shape.Heads + h] = sum == 0 ? double.NegativeInfinity : largest + Math.Log(sum);
        if (sum == 0) return;

        double mean = 0;
        double[] upstream = new double[time];
        for (int k = 0; k < time; k++)
        {
            p[k] /= sum;
            for (int i = 0; i < width; i++)
            {
                Output[result + i] += p[k] * inputs[Value(k) + i];
                upstream[k] += (double)outputGradient[result + i] * inputs[Value(k) + i];
                InputGradients[Value(k) + i] += p[k] * outputGradient[result + i];
            }

            mean += p[k] * upstream[k];
        }

        for (int k = 0; k < time; k++)
        {
            double ds = p[k] * (upstream[k] - mean) * slope[k] * shape.Scale;
            for (int i = 0; i < width; i++)
            {
                InputGradients[query + i] += ds * inputs[Key(k) + i];
                InputGradients[Key(k) + i] += ds * inputs[query + i];
            }
        }
    }
}
