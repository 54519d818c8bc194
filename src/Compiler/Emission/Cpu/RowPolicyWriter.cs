using ModelDsl.Compiler.Fusion;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Expressions;
using ModelDsl.Compiler.Planning;

namespace ModelDsl.Compiler.Emission.Cpu;

/// <summary>
/// Writes the struct of a row kernel. Its steps fall into passes over the columns: a step that needs a sum over the row runs in a later pass than that sum. Numbers of the row are
/// floats between passes; elements that later passes need are computed again rather than kept.
/// </summary>
internal sealed class RowPolicyWriter
{
    private readonly MemoryPlan plan;
    private readonly RowKernel kernel;
    private readonly Shape space;
    private readonly Names scope = new("row", "column", "lanes", "accumulators", "accumulate", "S", "L");
    private readonly OperandReader reader;
    private readonly Dictionary<Value, string> numbers = [];
    private readonly Dictionary<Value, int> readyAfter = [];
    private readonly List<RowStep> rowsSums;

    public RowPolicyWriter(MemoryPlan plan, RowKernel kernel)
    {
        this.plan = plan;
        this.kernel = kernel;
        space = new Shape(kernel.Rows, kernel.Columns);
        reader = new OperandReader(plan, scope);
        rowsSums = [.. kernel.Steps.Where(step => step.Kind == RowStepKind.RowsSum)];
        AssignPasses();
    }

    private int Padded => (int)ParameterLayout.Align(kernel.Columns);

    public Policy Write(PolicyWriter policies)
    {
        CodeWriter passes = new(), row = new();
        int last = kernel.Steps.Where(step => step.Kind != RowStepKind.RowScalar).Select(PassOf).DefaultIfEmpty(-1).Max();
        WriteScalars(row, pass: -1);
        for (int pass = 0; pass <= last; pass++)
        {
            WritePass(row, passes, pass);
            WriteScalars(row, pass);
        }

        CodeWriter text = new();
        text.Line($"public int Accumulators => {rowsSums.Count * Padded};");
        text.Line();
        text.Line("public void Row<S>(nint row, F32 accumulators) where S : unmanaged, ISimd<S>");
        using (text.Open()) text.Append(row.ToString());
        text.Line();
        WriteFinish(text);
        text.Append(passes.ToString());
        List<string> extra = rowsSums.Count > 0 ? ["bool accumulate"] : [];
        return policies.Struct(kernel.Origin + ".Rows", Description(), "IRowKernel", [.. PolicyWriter.Handles(reader), .. extra], text.ToString(), reader, rowsSums.Count > 0 ? ["accumulate"] : []);
    }

    private string Description() => string.Join("; ", kernel.Steps.Select(step => $"{Names.Camel(step.Target.Name, 2)} = {Prefix(step)}{PolicyWriter.Describe(step.Formula)}"));

    private static string Prefix(RowStep step) => step.Kind switch { RowStepKind.ColumnsSum => "sum over columns of ", RowStepKind.RowsSum => "sum over rows of ", _ => "" };

    /// <summary>A number of the row is ready after the pass that sums it; what reads it runs in the next.</summary>
    private void AssignPasses()
    {
        foreach (RowStep step in kernel.Steps)
        {
            int after = step.Formula.Operands.Select(operand => readyAfter.TryGetValue(operand, out int pass) ? pass : -1).DefaultIfEmpty(-1).Max();
            readyAfter[step.Target] = step.Kind == RowStepKind.RowScalar ? after : after + 1;
            if (step.Kind is RowStepKind.RowScalar or RowStepKind.ColumnsSum) numbers[step.Target] = scope.Unique(Names.Camel(step.Target.Name, 1) + (step.Kind == RowStepKind.ColumnsSum ? "Sum" : "Number"));
        }
    }

    private int PassOf(RowStep step) => readyAfter[step.Target];

    private void WriteScalars(CodeWriter row, int pass)
    {
        foreach (RowStep step in kernel.Steps.Where(step => step.Kind == RowStepKind.RowScalar && readyAfter[step.Target] == pass))
        {
            FormulaPrinter printer = new(row, vector: false, index => Number(step.Formula.Operands[index]), numbers[step.Target] + "Part");
            printer.Share([step.Formula.Body]);
            row.Line($"float {numbers[step.Target]} = {printer.Print(step.Formula.Body)};");
            if (step.Stored) row.Line($"{reader.Field(step.Target)}[{reader.Index(step.Target, "row", null)}] = {numbers[step.Target]};");
        }
    }

    private string Number(Value operand)
    {
        if (numbers.TryGetValue(operand, out string? known)) return known;
        string index = operand.Shape.Rows == kernel.Rows ? reader.Index(operand, "row", null) : CSharpLiterals.Int(plan.Locate(operand).Column);
        return $"{reader.Field(operand)}[{index}]";
    }

    private void WritePass(CodeWriter row, CodeWriter passes, int pass)
    {
        RowStep[] steps = [.. kernel.Steps.Where(step => step.Kind != RowStepKind.RowScalar && PassOf(step) == pass)];
        if (steps.Length == 0) return;
        List<Value> operands = [.. steps.SelectMany(step => step.Formula.Operands).Distinct()];
        List<Value> broadcast = [.. operands.Where(numbers.ContainsKey)];
        RowStep[] sums = [.. steps.Where(step => step.Kind == RowStepKind.ColumnsSum)];
        string name = "Pass" + CSharpLiterals.Int(pass + 1);

        foreach (Value number in broadcast) row.Line($"S {numbers[number]}Vector{CSharpLiterals.Int(pass + 1)} = S.Broadcast({numbers[number]});");
        foreach (RowStep sum in sums) row.Line($"S {numbers[sum.Target]}Vector = S.Zero;");
        string arguments = string.Concat(broadcast.Select(number => $", {numbers[number]}Vector{CSharpLiterals.Int(pass + 1)}")) + string.Concat(sums.Select(sum => $", ref {numbers[sum.Target]}Vector"));
        string accumulators = steps.Any(step => step.Kind == RowStepKind.RowsSum) ? ", accumulators" : "";
        string column = pass == 0 ? "int column = 0" : "column = 0";
        row.Line($"{column};");
        row.Line($"for (; column <= {kernel.Columns} - S.Width; column += S.Width) {name}<S, AllLanes>(row, column, default{accumulators}{arguments});");
        if (kernel.Columns % 16 != 0) row.Line($"if (column < {kernel.Columns}) {name}<S, FirstLanes>(row, column, new FirstLanes({kernel.Columns} - column){accumulators}{arguments});");
        foreach (RowStep sum in sums)
        {
            row.Line($"float {numbers[sum.Target]} = S.Sum({numbers[sum.Target]}Vector);");
            if (sum.Stored) row.Line($"{reader.Field(sum.Target)}[{reader.Index(sum.Target, "row", null)}] = {numbers[sum.Target]};");
        }

        string parameters = (accumulators.Length > 0 ? ", F32 accumulators" : "")
            + string.Concat(broadcast.Select(number => $", S {numbers[number]}")) + string.Concat(sums.Select(sum => $", ref S {numbers[sum.Target]}"));
        passes.Line();
        passes.Line("[MethodImpl(MethodImplOptions.AggressiveInlining)]");
        passes.Line($"private void {name}<S, L>(nint row, int column, L lanes{parameters}) where S : unmanaged, ISimd<S> where L : struct, ILanes");
        using (passes.Open()) WriteElements(passes, steps, operands, pass);
    }

    private void WriteElements(CodeWriter writer, RowStep[] steps, List<Value> operands, int pass)
    {
        Dictionary<int, string> loaded = [];
        for (int i = 0; i < operands.Count; i++)
        {
            if (numbers.TryGetValue(operands[i], out string? number))
            {
                loaded[i] = number;
                continue;
            }

            loaded[i] = scope.Unique(Names.Camel(operands[i].Name, 1) + "Value");
            writer.Line($"S {loaded[i]} = {reader.Load(operands[i], space)};");
        }

        Expression[] bodies = [.. steps.Select(step => PolicyWriter.Unify(step.Formula, operands))];
        FormulaPrinter printer = new(writer, vector: true, index => loaded[index]);
        printer.Share(bodies);
        for (int i = 0; i < steps.Length; i++)
        {
            RowStep step = steps[i];
            string value = printer.Print(bodies[i]);
            switch (step.Kind)
            {
                case RowStepKind.ColumnsSum:
                    writer.Line($"{numbers[step.Target]} += Lanes.Keep({value}, lanes);");
                    break;
                case RowStepKind.RowsSum:
                    int start = rowsSums.IndexOf(step) * Padded;
                    writer.Line($"accumulators.Add({(start == 0 ? "column" : CSharpLiterals.Int(start) + " + column")}, {value}, lanes);");
                    break;
                default:
                    if (plan.Locate(step.Target).Buffer.Arena == Arena.Gradients) throw new CompilerException($"{step.Target.Name} is a gradient that no sum makes");
                    writer.Line($"{reader.Field(step.Target)}.Store({reader.Index(step.Target, "row", "column")}, {value}, lanes);");
                    break;
            }
        }
    }

    private void WriteFinish(CodeWriter text)
    {
        if (rowsSums.Count == 0)
        {
            text.Line("public void Finish<S>(F32 accumulators) where S : unmanaged, ISimd<S> { }");
            return;
        }

        text.Line("public void Finish<S>(F32 accumulators) where S : unmanaged, ISimd<S>");
        using (text.Open())
        {
            for (int i = 0; i < rowsSums.Count; i++)
                text.Line($"RowKernels.StoreSum<S>(accumulators.At({i * Padded}), {reader.Field(rowsSums[i].Target)}, {kernel.Columns}, accumulate);");
        }
    }
}
