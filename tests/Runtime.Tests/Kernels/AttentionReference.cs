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
        LogSumExp = new double[shape.Batch * shape.Time * shape.Statistics];
        IsClose = new bool[shape.Batch * shape.Time * shape.Heads];
        InputGradients = new double[inputs.Length];
        for (int b = 0; b < shape.Batch; b++)
            for (int h = 0; h < shape.Heads; h++)
                for (int t = 0; t < shape.Time; t++) Row(b, h, t, outputGradient);
    }

    public double[] Output { get; }

    public double[] LogSumExp { get; }

    public double[] InputGradients { get; }

    /// <summary>Rows and heads with a score about at the threshold, or with two about largest where only the largest is kept: rounding decides what they keep.</summary>
    public bool[] IsClose { get; }

    /// <summary>Keys kept over all rows and heads, and rows that keep the largest score for want of one above the threshold.</summary>
    public (long Keys, int Only) Kept { get; private set; }

    /// <summary>Keys seen over all rows and heads.</summary>
    public long Seen { get; private set; }

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
        int split = shape.ScoreWidth, query = (b * time + t) * product + h * width, result = (b * time + t) * shape.Heads * width + h * width;
        int Key(int k) => (b * time + k) * product + (shape.Heads + kv) * width;
        int Value(int k) => Key(k) + shape.KeyValueHeads * width;

        double[] p = new double[time], slope = new double[time], gate = new double[time], gateSlope = new double[time];
        double largest = double.NegativeInfinity;
        for (int k = 0; k < time; k++)
        {
            p[k] = double.NegativeInfinity;
            if (!Sees(shape, b, t, k)) continue;
            double s = 0;
            for (int i = 0; i < split; i++) s += (double)inputs[query + i] * inputs[Key(k) + i];
            s *= shape.Scale;
            slope[k] = 1;
            double exponent = 0;
            for (int i = split; i < width; i++) exponent += (double)inputs[query + i] * inputs[Key(k) + i];
            exponent *= shape.GateScale;
            gate[k] = split == width ? 1 : Math.Max(exponent, 0) + Math.Log(1 + Math.Exp(-Math.Abs(exponent)));
            gateSlope[k] = split == width ? 0 : 1 / (1 + Math.Exp(-exponent));
            if (shape.SoftCap > 0)
            {
                double bent = Math.Tanh(s / shape.SoftCap);
                slope[k] = 1 - bent * bent;
                s = shape.SoftCap * bent;
            }

            p[k] = s;
            largest = Math.Max(largest, s);
        }

        int statistics = (b * time + t) * shape.Statistics + h;
        if (shape.TopK > 0) Select(p, (b * time + t) * shape.Heads + h, statistics + shape.Heads);
        double sum = 0;
        for (int k = 0; k < time; k++) sum += p[k] = double.IsNegativeInfinity(p[k]) ? 0 : Math.Exp(p[k] - largest);
        LogSumExp[statistics] = sum == 0 ? double.NegativeInfinity : largest + Math.Log(sum);
        if (sum == 0) return;
        if (shape.TopK > 0 && double.IsPositiveInfinity(LogSumExp[statistics + shape.Heads])) LogSumExp[statistics] = Array.FindIndex(p, value => value > 0);
        if (IsClose[(b * time + t) * shape.Heads + h]) outputGradient.AsSpan(result, width).Clear();

        double mean = 0;
        double[] upstream = new double[time];
        for (int k = 0; k < time; k++)
        {
            p[k] /= sum;
            for (int i = 0; i < width; i++)
            {
                Output[result + i] += p[k] * gate[k] * inputs[Value(k) + i];
                upstream[k] += (double)outputGradient[result + i] * inputs[Value(k) + i];
                InputGradients[Value(k) + i] += p[k] * gate[k] * outputGradient[result + i];
            }

            mean += p[k] * gate[k] * upstream[k];
        }

        for (int k = 0; k < time; k++)
        {
            double ds = p[k] * (gate[k] * upstream[k] - mean) * slope[k] * shape.Scale, dt = p[k] * gateSlope[k] * upstream[k] * shape.GateScale;
            for (int i = 0; i < width; i++)
            {
                InputGradients[query + i] += (i < split ? ds : dt) * inputs[Key(k) + i];
                InputGradients[Key(k) + i] += (i < split ? ds : dt) * inputs[query + i];
            }
        }
    }

    /// <summary>Statistical top-k of one row's scores: those that are not kept become -∞.</summary>
    private void Select(double[] scores, int row, int threshold)
    {
        int[] seen = [.. Enumerable.Range(0, scores.Length).Where(k => !double.IsNegativeInfinity(scores[k]))];
        LogSumExp[threshold] = double.NegativeInfinity;
        Seen += seen.Length;
        Kept = (Kept.Keys + Math.Min(seen.Length, shape.TopK), Kept.Only);
        if (seen.Length <= shape.TopK) return;
        double mean = seen.Average(k => scores[k]), squares = seen.Sum(k => Math.Pow(scores[k] - mean, 2)), least = mean + Math.Sqrt(squares) * shape.Thresholds[seen.Length];
        int[] above = [.. seen.Where(k => scores[k] > least)];
        double largest = seen.Max(k => scores[k]), near = 1e-5 * (1 + Math.Abs(largest - mean));
        bool isTied = above.Length == 0 && seen.Count(k => scores[k] > largest - near) > 1;
        IsClose[row] = squares > 0 && (isTied || seen.Any(k => Math.Abs(scores[k] - least) < near));
        if (above.Length == 0) above = [seen.First(k => scores[k] == largest)];
        LogSumExp[threshold] = scores[above[0]] > least ? least : double.PositiveInfinity;
        Kept = (Kept.Keys - shape.TopK + above.Length, Kept.Only + (scores[above[0]] > least ? 0 : 1));
        foreach (int k in seen.Except(above)) scores[k] = double.NegativeInfinity;
    }
}
