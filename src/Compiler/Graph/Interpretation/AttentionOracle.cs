using ModelDsl.Compiler.Graph.Operations;

namespace ModelDsl.Compiler.Graph.Interpretation;

/// <summary>Attention by its definition, forward and backward, one query and head at a time.</summary>
internal sealed class AttentionOracle(Evaluation evaluation, AttentionForm form, IReadOnlyList<Value> inputs)
{
    private readonly Matrix query = evaluation.Read(inputs[0]), key = evaluation.Read(inputs[1]), value = evaluation.Read(inputs[2]);

    public Matrix Mixed { get; private set; } = null!;

    /// <summary>What the forward leaves its backward: log Σ exp of each head, and thresholds where keys are selected.</summary>
    public Matrix Statistics { get; private set; } = null!;

    public Matrix QueryGradient { get; private set; } = null!;

    public Matrix KeyGradient { get; private set; } = null!;

    public Matrix ValueGradient { get; private set; } = null!;

    public void Forward()
    {
        Mixed = new Matrix(query.Rows, query.Columns);
        Statistics = new Matrix(query.Rows, form.Statistics);
        ForEach((row, head, keys, q, kv) =>
        {
            double[] scores = Scores(row, keys, q, kv);
            double threshold = Threshold(scores);
            int only = Array.IndexOf(scores, scores.Max());
            double[] kept = scores[only] > threshold ? [.. scores.Where(score => score > threshold)] : [scores[only]];
            Statistics[row, head] = scores[only] > threshold ? scores[only] + Math.Log(kept.Sum(score => Math.Exp(score - scores[only]))) : keys[only] % evaluation.Time;
            if (form.TopK > 0) Statistics[row, form.Heads + head] = scores[only] > threshold ? threshold : double.PositiveInfinity;
            double[] probabilities = Probabilities(row, head, keys, scores, Statistics);
            for (int j = 0; j < keys.Length; j++)
            {
                double weight = probabilities[j] == 0 ? 0 : probabilities[j] * Gate(row, keys[j], q, kv).Value;
                for (int c = 0; c < form.HeadWidth; c++) Mixed[row, q + c] += weight * value[keys[j], kv + c];
            }
        });
    }

    public void Backward(Matrix mixed, Matrix statistics, Matrix gradient)
    {
        QueryGradient = new Matrix(query.Rows, query.Columns);
        KeyGradient = new Matrix(key.Rows, key.Columns);
        ValueGradient = new Matrix(value.Rows, value.Columns);
        ForEach((row, head, keys, q, kv) =>
        {
            double[] scores = Scores(row, keys, q, kv);
            double[] probabilities = Probabilities(row, head, keys, scores, statistics);
            double[] upstream = [.. keys.Select(seen => Sum(c => gradient[row, q + c] * value[seen, kv + c]))];

            // Σ probability · upstream, as kernels compute it: from what the forward stored.
            double mean = Sum(c => gradient[row, q + form.HeadWidth - 1 - c] * mixed[row, q + form.HeadWidth - 1 - c]);
            for (int j = 0; j < keys.Length; j++)
            {
                (double gate, double slope) = Gate(row, keys[j], q, kv);
                for (int c = 0; c < form.HeadWidth; c++) ValueGradient[keys[j], kv + c] += probabilities[j] * gate * gradient[row, q + c];
                double score = probabilities[j] * ((gate * upstream[j]) - mean) * form.Scale, rest = probabilities[j] * slope * upstream[j];
                if (form.SoftCap > 0) score *= 1 - Math.Pow(scores[j] / form.SoftCap, 2);
                for (int c = 0; c < form.HeadWidth; c++)
                {
                    double product = c < form.ScoreWidth ? score : rest;
                    QueryGradient[row, q + c] += product * key[keys[j], kv + c];
                    KeyGradient[keys[j], kv + c] += product * query[row, q + c];
                }
            }
        });
    }

    // Where a position sees itself only, the difference of two such sums is rounding and nothing else: it shows if they are rounded, and in another order.
    private double Sum(Func<int, double> term)
    {
        if (!evaluation.RoundToFloat) return Enumerable.Range(0, form.HeadWidth).Sum(term);
        float sum = 0;
        for (int c = 0; c < form.HeadWidth; c++) sum += (float)term(c);
        return sum;
    }

    private void ForEach(Action<int, int, int[], int, int> body)
    {
        int group = form.Heads / form.KeyValueHeads;
        for (int row = 0; row < query.Rows; row++)
        {
            int time = row % evaluation.Time, first = row - time;
            (int from, int to) = evaluation.Document(row);
            if (form.Window > 0) from = Math.Max(from, time - form.Window + 1);
            if (form.Causal) to = time;
            int[] keys = Enumerable.Range(first + from, to - from + 1).ToArray();
            for (int head = 0; head < form.Heads; head++) body(row, head, keys, head * form.HeadWidth, head / group * form.HeadWidth);
        }
    }

    private double[] Scores(int row, int[] keys, int q, int kv) => keys.Select(other =>
    {
        double dot = 0;
        for (int c = 0; c < form.ScoreWidth; c++) dot += query[row, q + c] * key[other, kv + c];
        double score = dot * form.Scale;
        return form.SoftCap > 0 ? form.SoftCap * Math.Tanh(score / form.SoftCap) : score;
    }).ToArray();

    /// <summary>What scores must exceed to be kept. Deviations are taken from the largest, so that equal scores have none.</summary>
    private double Threshold(double[] scores)
    {
        int n = scores.Length;
        if (form.TopK == 0 || n <= form.TopK) return double.NegativeInfinity;
        double largest = scores.Max(), mean = largest + (scores.Sum(score => score - largest) / n);
        double variance = scores.Sum(score => (score - mean) * (score - mean)) / (form.Deviation == Deviation.Sample ? n - 1 : n);
        return mean - (Math.Sqrt(variance) * NormalQuantile.Of((double)form.TopK / n));
    }

    private double[] Probabilities(int row, int head, int[] keys, double[] scores, Matrix statistics)
    {
        double logarithm = statistics[row, head], threshold = form.TopK > 0 ? statistics[row, form.Heads + head] : double.NegativeInfinity;
        return double.IsPositiveInfinity(threshold)
            ? [.. keys.Select(other => other % evaluation.Time == (int)logarithm ? 1.0 : 0)]
            : [.. scores.Select(score => score > threshold ? Math.Exp(score - logarithm) : 0)];
    }

    /// <summary>What the columns behind the predictor weight a key with, and the factor that takes its gradient to their product.</summary>
    private (double Value, double Slope) Gate(int row, int other, int q, int kv)
    {
        if (form.PredictorWidth == 0) return (1, 0);
        double x = 0;
        for (int c = form.PredictorWidth; c < form.HeadWidth; c++) x += query[row, q + c] * key[other, kv + c];
        x *= form.GateScale;
        return (Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x))), form.GateScale / (1 + Math.Exp(-x)));
    }
}
