using ModelDsl.Compiler.Fusion;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Expressions;
using ModelDsl.Compiler.Planning;

namespace ModelDsl.Compiler.Emission.Cpu;

/// <summary>
/// Writes the struct of a row kernel. Its steps fall into passes over the columns: a step that needs a sum over the row runs in a later pass than that sum. Numbers of the row are
/// floats between passes; elements that later passes need are computed again rather than kept. Handles are copied to locals at their row, and passes are static, so that the JIT keeps
/// pointers in registers; sums over columns run in four chains to hide the latency of an addition.
/// </summary>
internal sealed class RowPolicyWriter
{
    private const int Chains = 4;

    private readonly MemoryPlan plan;
    private readonly RowKernel kernel;
    private readonly Shape space;
    private readonly Names scope = new("row", "column", "lanes", "accumulators", "accumulate", "S", "L");
    private readonly OperandReader reader;
    private readonly Dictionary<Value, string> numbers = [];
    private readonly Dictionary<Value, int> readyAfter = [];
    private readonly Dictionary<Value, string> handles = [];
    private readonly Dictionary<Value, string> vectors = [];
    private readonly List<RowStep> rowsSums;
    private readonly CodeWriter locals = new();
    private readonly CodeWriter row = new();
    private readonly CodeWriter passes = new();

    public RowPolicyWriter(MemoryPlan plan, RowKernel kernel)
    {
        this.plan = plan;
        this.kernel = kernel;
        space = new Shape(kernel.Rows, kernel.Columns);
        reader = new OperandReader(plan, scope);
        rowsSums = [.. kernel.Steps.Where(step => step.Kind == RowStepKind.RowsSum)];
        if (rowsSums.Select(step => plan.Locate(step.Target)).Any(at => at.Buffer.Arena != Arena.Gradients || at.Adds != plan.Locate(rowsSums[0].Target).Adds))
            throw new CompilerException($"sums over rows in '{kernel.Origin}' are not gradients that are all written, or all added to");
        AssignPasses();
    }

    private int Padded => (int)ParameterLayout.Align(kernel.Columns);

    public Policy Write(PolicyWriter policies)
    {
        int last = kernel.Steps.Where(step => step.Kind != RowStepKind.RowScalar).Select(PassOf).DefaultIfEmpty(-1).Max();
        WriteScalars(pass: -1);
        if (last >= 0) row.Line("nint column = 0;");
        for (int pass = 0; pass <= last; pass++)
        {
            WritePass(pass);
            WriteScalars(pass);
        }

        CodeWriter text = new();
        text.Line($"public int Accumulators => {rowsSums.Count * Padded};");
        text.Line();
        text.Line("public void Row<S>(nint row, F32 accumulators) where S : unmanaged, ISimd<S>");
        using (text.Open()) text.Append(locals.ToString()).Append(row.ToString());
        text.Line();
        WriteFinish(text);
        text.Append(passes.ToString());
        string[] extra = rowsSums.Count > 0 ? ["accumulate"] : [];
        return policies.Struct(kernel.Origin + ".Rows", Description(), "IRowKernel", [.. PolicyWriter.Handles(reader), .. extra.Select(name => "bool " + name)], text.ToString(), reader, extra);
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
            if (step.Kind is RowStepKind.RowScalar or RowStepKind.ColumnsSum) numbers[step.Target] = scope.Unique(CSharpLiterals.Identifier(Names.Camel(step.Target.Name, 1)));
        }
    }

    private int PassOf(RowStep step) => readyAfter[step.Target];

    private void WriteScalars(int pass)
    {
        foreach (RowStep step in kernel.Steps.Where(step => step.Kind == RowStepKind.RowScalar && readyAfter[step.Target] == pass))
        {
            FormulaPrinter printer = new(row, vector: false, index => Number(step.Formula.Operands[index]), numbers[step.Target] + "Part");
            printer.Share([step.Formula.Body]);
            row.Line($"float {numbers[step.Target]} = {printer.Print(step.Formula.Body)};");
            StoreNumber(step);
        }
    }

    private void StoreNumber(RowStep step)
    {
        if (step.Stored) row.Line($"{reader.Field(step.Target)}[{reader.Index(step.Target, "row", null)}] = {numbers[step.Target]};");
    }

    /// <summary>A number of the row, or of the whole space, as a float.</summary>
    private string Number(Value operand)
    {
        if (numbers.TryGetValue(operand, out string? known)) return known;
        string index = operand.Shape.Rows == kernel.Rows ? reader.Index(operand, "row", null) : CSharpLiterals.Int(plan.Locate(operand).Column);
        return $"{reader.Field(operand)}[{index}]";
    }

    /// <summary>A local vector with that number in every lane.</summary>
    private string Vector(Value operand)
    {
        if (vectors.TryGetValue(operand, out string? known)) return known;
        string name = vectors[operand] = scope.Unique(Names.Camel(operand.Name, 1) + "s");
        (numbers.ContainsKey(operand) ? row : locals).Line($"S {name} = S.Broadcast({Number(operand)});");
        return name;
    }

    /// <summary>A local handle at this row of a matrix, or at the start of a vector of columns.</summary>
    private string Handle(Value value)
    {
        if (handles.TryGetValue(value, out string? known)) return known;
        string field = reader.Field(value);
        string name = handles[value] = scope.Unique(Names.Camel(value.Name, 1) + "At");
        bool whole = Broadcasting.Of(value.Shape, space) == Broadcast.Full;
        int column = plan.Locate(value).Column;
        locals.Line($"F32 {name} = {field}{(whole ? $".At({reader.Index(value, "row", null)})" : column == 0 ? "" : $".At({CSharpLiterals.Int(column)})")};");
        return name;
    }

    private void WritePass(int pass)
    {
        RowStep[] steps = [.. kernel.Steps.Where(step => step.Kind != RowStepKind.RowScalar && PassOf(step) == pass)];
        if (steps.Length == 0) return;
        RowStep[] sums = [.. steps.Where(step => step.Kind == RowStepKind.ColumnsSum)];
        List<Value> operands = [.. steps.SelectMany(step => step.Formula.Operands).Distinct()];
        List<(string Type, string Name)> parameters = [];
        Dictionary<Value, string> read = [];
        foreach (Value operand in operands)
        {
            bool isNumber = numbers.ContainsKey(operand) || Broadcasting.Of(operand.Shape, space) is Broadcast.PerRow or Broadcast.Scalar;
            read[operand] = isNumber ? Vector(operand) : Handle(operand);
            parameters.Add((isNumber ? "S" : "F32", read[operand]));
        }

        foreach (RowStep step in steps.Where(step => step.Kind == RowStepKind.Element)) parameters.Add(("F32", Handle(step.Target)));
        if (steps.Any(step => step.Kind == RowStepKind.RowsSum)) parameters.Add(("F32", "accumulators"));
        parameters = [.. parameters.Distinct()];
        string name = "Pass" + CSharpLiterals.Int(pass + 1);
        WriteLoops(name, pass > 0, string.Concat(parameters.Select(parameter => ", " + parameter.Name)), sums);

        passes.Line();
        passes.Line("[MethodImpl(MethodImplOptions.AggressiveInlining)]");
        string list = string.Concat(parameters.Select(parameter => $", {parameter.Type} {parameter.Name}")) + string.Concat(sums.Select(sum => $", ref S {numbers[sum.Target]}"));
        passes.Line($"private static void {name}<S, L>(nint column, L lanes{list}) where S : unmanaged, ISimd<S> where L : struct, ILanes");
        using (passes.Open()) WriteElements(steps, operands, read);
    }

    /// <summary>The loops of a pass: four vectors at a time where there are sums, then single vectors, then the tail if a width leaves one.</summary>
    private void WriteLoops(string name, bool restart, string arguments, RowStep[] sums)
    {
        string columns = CSharpLiterals.Int(kernel.Columns);
        if (restart) row.Line("column = 0;");
        string Sums(int chain) => string.Concat(sums.Select(sum => $", ref {numbers[sum.Target]}Chain{CSharpLiterals.Int(chain)}"));
        if (sums.Length > 0)
        {
            row.Line($"S {string.Join(", ", sums.SelectMany(sum => Enumerable.Range(0, Chains).Select(chain => $"{numbers[sum.Target]}Chain{CSharpLiterals.Int(chain)} = S.Zero")))};");
            using (row.Block($"for (; column <= {columns} - {Chains} * S.Width; column += {Chains} * S.Width)"))
            {
                for (int chain = 0; chain < Chains; chain++)
                    row.Line($"{name}<S, AllLanes>({(chain == 0 ? "column" : $"column + {CSharpLiterals.Int(chain)} * S.Width")}, default{arguments}{Sums(chain)});");
            }
        }

        row.Line($"for (; column <= {columns} - S.Width; column += S.Width) {name}<S, AllLanes>(column, default{arguments}{Sums(0)});");
        if (kernel.Columns % 16 != 0) row.Line($"if ({columns} % S.Width != 0) {name}<S, FirstLanes>(column, new FirstLanes({columns} % S.Width){arguments}{Sums(0)});");
        foreach (RowStep sum in sums)
        {
            string number = numbers[sum.Target];
            row.Line($"float {number} = S.Sum(({number}Chain0 + {number}Chain1) + ({number}Chain2 + {number}Chain3));");
            StoreNumber(sum);
        }
    }

    private void WriteElements(RowStep[] steps, List<Value> operands, Dictionary<Value, string> read)
    {
        Dictionary<int, string> loaded = [];
        for (int i = 0; i < operands.Count; i++)
        {
            loaded[i] = read[operands[i]];
            if (vectors.ContainsKey(operands[i])) continue;
            loaded[i] = scope.Unique(Names.Camel(operands[i].Name, 1) + "Value");
            passes.Line($"S {loaded[i]} = {read[operands[i]]}.Load<S, L>(column, lanes);");
        }

        Expression[] bodies = [.. steps.Select(step => PolicyWriter.Unify(step.Formula, operands))];
        FormulaPrinter printer = new(passes, vector: true, index => loaded[index]);
        printer.Share(bodies);
        for (int i = 0; i < steps.Length; i++)
        {
            RowStep step = steps[i];
            string value = printer.Print(bodies[i]);
            switch (step.Kind)
            {
                case RowStepKind.ColumnsSum:
                    passes.Line($"{numbers[step.Target]} += {(kernel.Columns % 16 == 0 ? value : $"Lanes.Keep({value}, lanes)")};");
                    break;
                case RowStepKind.RowsSum:
                    int start = rowsSums.IndexOf(step) * Padded;
                    passes.Line($"accumulators.Add({(start == 0 ? "column" : CSharpLiterals.Int(start) + " + column")}, {value}, lanes);");
                    break;
                default:
                    if (!step.Stored) throw new CompilerException($"{step.Target.Name} is an element that nobody reads");
                    if (plan.Locate(step.Target).Buffer.Arena == Arena.Gradients) throw new CompilerException($"{step.Target.Name} is a gradient that no sum makes");
                    passes.Line($"{handles[step.Target]}.Store(column, {value}, lanes);");
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
