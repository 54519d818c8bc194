using ModelDsl.Compiler.Fusion;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Expressions;
using ModelDsl.Compiler.Graph.Operations;
using ModelDsl.Compiler.Planning;

namespace ModelDsl.Compiler.Emission.Cpu;

/// <summary>A policy struct as it is used: its name and the expressions its constructor takes, given how a value's memory is named at the call.</summary>
/// <param name="Name">The struct.</param>
/// <param name="Values">For each constructor parameter the value whose memory is handed in.</param>
/// <param name="Extra">Further arguments, as text.</param>
internal sealed record Policy(string Name, IReadOnlyList<Value> Values, IReadOnlyList<string> Extra);

/// <summary>Writes the policy structs of a model: the computations fused into runtime kernels. Policies with the same text are one struct.</summary>
internal sealed class PolicyWriter
{
    private const string Constraints = "where S : unmanaged, ISimd<S> where L : struct, ILanes";

    private readonly Names names = new();
    private readonly Dictionary<string, string> byText = new(StringComparer.Ordinal);
    private readonly List<string> texts = [];

    /// <summary>The structs, in order of first use.</summary>
    public IReadOnlyList<string> Texts => texts;

    /// <summary>How a product reads an operand through a prologue.</summary>
    public Policy Operand(MemoryPlan plan, string origin, string side, Formula formula, Value operand)
    {
        Names scope = new("row", "column", "lanes");
        OperandReader reader = new(plan, scope);
        CodeWriter body = new();
        Dictionary<int, string> loaded = [];
        for (int i = 0; i < formula.Operands.Count; i++)
        {
            loaded[i] = scope.Unique(Names.Camel(formula.Operands[i].Name, 1) + "Value");
            body.Line($"S {loaded[i]} = {reader.Load(formula.Operands[i], operand.Shape)};");
        }

        FormulaPrinter printer = new(body, vector: true, index => loaded[index]);
        printer.Share([formula.Body]);
        body.Line($"return {printer.Print(formula.Body)};");

        CodeWriter text = new();
        text.Line("[MethodImpl(MethodImplOptions.AggressiveInlining)]");
        text.Line($"public S Load<S, L>(nint row, nint column, L lanes) {Constraints}");
        using (text.Open()) text.Append(body.ToString());
        return Struct(origin + side, Describe(formula), "IOperand", Handles(reader), text.ToString(), reader, []);
    }

    /// <summary>What becomes of a product's elements.</summary>
    public Policy Epilogue(MemoryPlan plan, ProductKernel kernel)
    {
        Value product = kernel.Product.Output;
        Names scope = new("row", "column", "lanes", "product", "rows", "columns", "time", "starts", "accumulate");
        OperandReader reader = new(plan, scope);
        CodeWriter body = new();
        Dictionary<Value, string> loaded = new() { [product] = "product" };
        foreach (Value operand in kernel.Stores.SelectMany(store => store.Formula.Operands).Where(operand => operand != product).Distinct())
        {
            loaded[operand] = scope.Unique(Names.Camel(operand.Name, 1) + "Value");
            body.Line($"S {loaded[operand]} = {reader.Load(operand, product.Shape)};");
        }

        List<Value> arguments = [.. loaded.Keys];
        Expression[] bodies = [.. kernel.Stores.Select(store => Unify(store.Formula, arguments))];
        FormulaPrinter printer = new(body, vector: true, index => loaded[arguments[index]]);
        printer.Share(bodies);
        bool accumulates = false;
        for (int i = 0; i < bodies.Length; i++)
        {
            Value target = kernel.Stores[i].Target;
            string index = reader.Index(target, "row", "column"), field = reader.Field(target), value = printer.Print(bodies[i]);
            if (plan.Locate(target).Buffer.Arena == Arena.Gradients)
            {
                accumulates = true;
                body.Line($"if (accumulate) {field}.Add({index}, {value}, lanes);");
                body.Line($"else {field}.Store({index}, {value}, lanes);");
            }
            else
            {
                body.Line($"{field}.Store({index}, {value}, lanes);");
            }
        }

        List<string> extra = [], extraNames = [];
        if (accumulates) extraNames.Add("bool accumulate");
        CodeWriter text = new();
        int granularity = kernel.Rotations.Select(node => ((Rotary)node.Operation).HeadWidth).DefaultIfEmpty(1).Max();
        text.Line($"public int Granularity => {granularity};");
        text.Line();
        text.Line("[MethodImpl(MethodImplOptions.AggressiveInlining)]");
        text.Line($"public void Apply<S, L>(S product, nint row, nint column, L lanes) {Constraints}");
        using (text.Open()) text.Append(body.ToString());
        text.Line();
        if (kernel.Rotations.Count == 0)
        {
            text.Line("public void Finish<S>(nint row, int rows, nint column, int columns) where S : unmanaged, ISimd<S> { }");
        }
        else
        {
            extraNames.Add("int time");
            extraNames.Add("I32 starts");
            text.Line("public void Finish<S>(nint row, int rows, nint column, int columns) where S : unmanaged, ISimd<S>");
            using (text.Open())
            {
                foreach (Node rotation in kernel.Rotations)
                {
                    Rotary rotary = (Rotary)rotation.Operation;
                    Location at = plan.Locate(rotation.Output);
                    string table = Names.Camel(rotary.Table!.Name, 1);
                    if (!extraNames.Contains("F32 " + table)) extraNames.Add("F32 " + table);
                    string field = reader.Field(rotation.Output), width = CSharpLiterals.Int(rotary.HeadWidth);
                    text.Line($"RotaryTile.Rotate<S>(row, rows, column, columns, {at.Column}, {rotary.Heads}, time, starts, {field}, {at.RowStride}, {width}, {rotary.First}, {rotary.RotaryWidth}, {table}, inverse: {rotary.Inverse});");
                }
            }
        }

        extra.AddRange(extraNames.Select(name => name.Substring(name.IndexOf(' ') + 1)));
        string description = string.Join("; ", kernel.Stores.Select(store => $"{Names.Camel(store.Target.Name, 2)} = {Describe(store.Formula)}"));
        return Struct(kernel.Origin + ".Epilogue", description, "IEpilogue", [.. Handles(reader), .. extraNames], text.ToString(), reader, extra);
    }

    /// <summary>The activation of a layer that selects neurons.</summary>
    /// <param name="plan">The program's memory.</param>
    /// <param name="origin">The layer.</param>
    /// <param name="formula">Over a value and its row's threshold.</param>
    public Policy Neuron(MemoryPlan plan, string origin, Expression formula)
    {
        CodeWriter text = new();
        text.Line("[MethodImpl(MethodImplOptions.AggressiveInlining)]");
        text.Line("public S Apply<S>(S values, S thresholds) where S : unmanaged, ISimd<S>");
        using (text.Open())
        {
            FormulaPrinter printer = new(text, vector: true, index => index == 0 ? "values" : "thresholds");
            printer.Share([formula]);
            text.Line($"return {printer.Print(formula)};");
        }

        string description = formula.ToString().Replace("$0", "values").Replace("$1", "thresholds");
        return Struct(origin + ".Neuron", description, "INeuron", [], text.ToString(), new OperandReader(plan, new Names()), []);
    }

    /// <summary>A fused chain over rows.</summary>
    public Policy Rows(MemoryPlan plan, RowKernel kernel) => new RowPolicyWriter(plan, kernel).Write(this);

    /// <summary>Adds a struct, or finds the one with the same text.</summary>
    public Policy Struct(string origin, string description, string contract, IReadOnlyList<string> parameters, string members, OperandReader reader, IReadOnlyList<string> extra)
    {
        string key = $"({string.Join(", ", parameters)}) : {contract}\n{members}";
        if (!byText.TryGetValue(key, out string? name))
        {
            name = byText[key] = names.Unique(Names.Pascal(origin));
            CodeWriter text = new();
            text.Summary(description);
            text.Line($"private readonly struct {name}({string.Join(", ", parameters)}) : {contract}");
            using (text.Open()) text.Append(members);
            texts.Add(text.ToString());
        }

        return new Policy(name, [.. reader.Fields.Select(field => field.Value)], extra);
    }

    public static IReadOnlyList<string> Handles(OperandReader reader) => [.. reader.Fields.Select(field => "F32 " + field.Field)];

    /// <summary>A formula in words of its operands' names, for comments.</summary>
    public static string Describe(Formula formula)
    {
        string text = formula.Body.ToString();
        for (int i = formula.Operands.Count - 1; i >= 0; i--) text = text.Replace("$" + Text.Invariant(i), Names.Camel(formula.Operands[i].Name, 2));
        return text;
    }

    /// <summary>The formula's body with its operands numbered as in a common list.</summary>
    public static Expression Unify(Formula formula, List<Value> arguments)
        => formula.Body.Substitute(index => new Argument(arguments.IndexOf(formula.Operands[index])));
}
