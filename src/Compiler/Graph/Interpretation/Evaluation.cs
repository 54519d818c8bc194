using ModelDsl.Compiler.Graph.Operations;

namespace ModelDsl.Compiler.Graph.Interpretation;

/// <summary>
/// Runs a graph in double, node by node: the oracle for everything that differentiation and fusion do to it. Every loop iteration's values are kept, since a
/// backward loop reads those of the forward iteration it mirrors.
/// </summary>
internal sealed class Evaluation(ModelGraph graph, int batch, int time)
{
    private readonly Dictionary<(Value Value, int Iteration), Matrix> values = [];
    private readonly List<int> iterations = [];

    public int Batch { get; } = batch;

    public int Time { get; } = time;

    /// <summary>For each row the position at which its document starts, or null where every sequence is one document.</summary>
    public IReadOnlyList<int>? SegmentStarts { get; set; }

    /// <summary>Position of a row within its sequence.</summary>
    public int Position(int row) => row % Time;

    /// <summary>First and last position of the document a row belongs to.</summary>
    public (int First, int Last) Document(int row)
    {
        if (SegmentStarts is null) return (0, Time - 1);
        int last = row;
        while ((last + 1) % Time != 0 && SegmentStarts[last + 1] == SegmentStarts[row]) last++;
        return (SegmentStarts[row], Position(last));
    }

    /// <summary>Number of rows or sequences an extent stands for here.</summary>
    public int Count(Extent extent) => extent.Factor * extent.Monomial switch { Monomial.One => 1, Monomial.Batch => Batch, _ => Batch * Time };

    /// <summary>Sets an input or, for one iteration (indices of all loops around it in one number), a parameter.</summary>
    public void Set(Value value, Matrix matrix, int iteration = 0) => values[(value, iteration)] = matrix;

    /// <summary>The value a run left, of one iteration of the loops around it.</summary>
    public Matrix Get(Value value, int iteration = 0) => values[(value, iteration)];

    /// <summary>The largest magnitude of any value, infinite where one is not a number. What an attention tells its backward, such as a threshold that everything exceeds, is no value.</summary>
    public double Largest => values.Where(entry => entry.Key.Value.Producer is not { Operation: Attend } node || entry.Key.Value == node.Outputs[0]).SelectMany(entry => entry.Value.Data).Select(element => double.IsNaN(element) ? double.PositiveInfinity : Math.Abs(element)).DefaultIfEmpty().Max();

    /// <summary>Whether every value is rounded to a float as it is stored: how far any computation in floats must be expected to be off.</summary>
    public bool RoundToFloat { get; set; }

    /// <summary>Runs the whole graph.</summary>
    public void Run() => Run(graph.Root);

    /// <summary>An operand, at the iteration being run.</summary>
    public Matrix Read(Value value) => values[(value, Index(value.Region.Depth))];

    /// <summary>Stores a result, at the iteration being run.</summary>
    public void Write(Value value, Func<int, int, double> element)
    {
        Matrix matrix = new(Count(value.Shape.Rows), value.Shape.Columns);
        for (int row = 0; row < matrix.Rows; row++)
        {
            for (int column = 0; column < matrix.Columns; column++) matrix[row, column] = RoundToFloat ? (float)element(row, column) : element(row, column);
        }

        values[(value, Index(value.Region.Depth))] = matrix;
    }

    private void Run(Region region)
    {
        foreach (Item item in region.Items)
        {
            if (item is Node node) node.Operation.Evaluate(this, node);
            else Run((Loop)item);
        }
    }

    private void Run(Loop loop)
    {
        Dictionary<Carry, Matrix> state = loop.Carries.ToDictionary(carry => carry, carry => Read(carry.Initial));
        for (int step = 0; step < loop.Count; step++)
        {
            iterations.Add(loop.Reversed ? loop.Count - 1 - step : step);
            counts.Add(loop.Count);
            foreach (Carry carry in loop.Carries) values[(carry.Input, Index(loop.Body.Depth))] = state[carry];
            Run(loop.Body);
            foreach (Carry carry in loop.Carries) state[carry] = Read(carry.Output);
            iterations.RemoveAt(iterations.Count - 1);
            counts.RemoveAt(counts.Count - 1);
        }

        foreach (Carry carry in loop.Carries) values[(carry.Result, Index(carry.Result.Region.Depth))] = state[carry];
    }

    private readonly List<int> counts = [];

    private int Index(int depth)
    {
        int index = 0;
        for (int i = 0; i < depth; i++) index = (index * counts[i]) + iterations[i];
        return index;
    }
}
