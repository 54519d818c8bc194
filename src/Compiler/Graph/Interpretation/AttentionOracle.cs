using ModelDsl.Compiler.Graph.Operations;

namespace ModelDsl.Compiler.Graph.Interpretation;

/// <summary>Attention by its definition, forward and backward, one query and head at a time.</summary>
internal sealed class AttentionOracle(Evaluation evaluation, AttentionForm form, IReadOnlyList<Value> inputs)
{
    private readonly Matrix query = evaluation.Read(inputs[0]), key = evaluation.Read(inputs[1]), value = evaluation.Read(inputs[2]);

    public Matrix Mixed { get; private set; } = null!;

    public Matrix LogSumExp { get; private set; } = null!;

    public Matrix QueryGradient { get; private set; } = null!;

    public Matrix KeyGradient { get; private set; } = null!;

    public Matrix ValueGradient { get; private set; } = null!;

    public void Forward()
    {
        Mixed = new Matrix(query.Rows, query.Columns);
        LogSumExp = new Matrix(query.Rows, form.Heads);
        ForEach((row, head, keys, q, kv) =>
        {
            double[] scores = Scores(row, keys, q, kv);
            double largest = scores.Max(), sum = scores.Sum(score => Math.Exp(score - largest));
            LogSumExp[row, head] = largest + Math.Log(sum);
            for (int j = 0; j < keys.Length; j++)
            {
                double probability = Math.Exp(scores[j] - LogSumExp[row, head]);
                for (int c = 0; c < form.HeadWidth; c++) Mixed[row, q + c] += probability * value[keys[j], kv + c];
            }
        });
    }

    public void Backward(Matrix mixed, Matrix logSumExp, Matrix gradient)
    {
        QueryGradient = new Matrix(query.Rows, query.Columns);
        KeyGradient = new Matrix(key.Rows, key.Columns);
        ValueGradient = new Matrix(value.Rows, value.Columns);
        ForEach((row, head, keys, q, kv) =>
        {
            double[] scores = Scores(row, keys, q, kv);
            double[] probabilities = scores.Select(score => Math.Exp(score - logSumExp[row, head])).ToArray();
            double[] upstream = [.. keys.Select(seen => Sum(c => gradient[row, q + c] * value[seen, kv + c]))];

            // Σ probability · upstream, as kernels compute it: from what the forward stored.
            double mean = Sum(c => gradient[row, q + form.HeadWidth - 1 - c] * mixed[row, q + form.HeadWidth - 1 - c]);
            for (int j = 0; j < keys.Length; j++)
            {
                for (int c = 0; c < form.HeadWidth; c++) ValueGradient[keys[j], kv + c] += probabilities[j] * gradient[row, q + c];
            }

            for (int j = 0; j < keys.Length; j++)
            {
                double score = probabilities[j] * (upstream[j] - mean) * form.Scale;
                if (form.SoftCap > 0) score *= 1 - Math.Pow(scores[j] / form.SoftCap, 2);
                for (int c = 0; c < form.HeadWidth; c++)
                {
                    QueryGradient[row, q + c] += score * key[keys[j], kv + c];
                    KeyGradient[keys[j], kv + c] += score * query[row, q + c];
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
        for (int c = 0; c < form.HeadWidth; c++) dot += query[row, q + c] * key[other, kv + c];
        double score = dot * form.Scale;
        return form.SoftCap > 0 ? form.SoftCap * Math.Tanh(score / form.SoftCap) : score;
    }).ToArray();
}
