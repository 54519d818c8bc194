using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Emission.Cpu;
using ModelDsl.Compiler.Fusion;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Operations;
using ModelDsl.Compiler.Layers;
using ModelDsl.Compiler.Planning;

namespace ModelDsl.Compiler.Emission;

/// <summary>Writes what the runtime knows of a model before it runs: parameters, memory, extents, tables.</summary>
internal static class PlanWriter
{
    public static void Write(CodeWriter writer, ModelDeclaration model, IReadOnlyList<CompiledProgram> programs, string program)
    {
        CompiledProgram module = programs.First(compiled => compiled.Kind == ProgramKind.Module);
        writer.Summary($"The compiled programs of {model.Type.Name}.");
        using (writer.Block($"internal sealed partial class {program} : ModelProgram"))
        {
            writer.Summary("The one instance: programs hold no state.");
            writer.Line($"public static readonly {program} Instance = new();");
            writer.Line();
            WriteTables(writer, model, module.Graph);
            WritePlan(writer, model, programs, module);
            writer.Line();
            writer.Line("public override ModelPlan Plan => ThePlan;");
            writer.Line();
            WriteParameters(writer, module.Plan.Parameters);
            if (!module.Plan.Selections.Any()) return;
            writer.Line();
            WriteSelections(writer, module.Plan);
        }
    }

    private static void WritePlan(CodeWriter writer, ModelDeclaration model, IReadOnlyList<CompiledProgram> programs, CompiledProgram module)
    {
        int context = model.Attribute.Int("Context", 0);
        int vocabulary = model.Members.Select(member => member.Find("Embedding")).FirstOrDefault(embedding => embedding is not null)?.Int("Vocabulary", 0) ?? 0;
        Costs costs = Costs.Of(programs, context);
        writer.Line("private static readonly ModelPlan ThePlan = new()");
        using (writer.Open(";"))
        {
            writer.Line($"Name = {CSharpLiterals.String(model.Type.Name)},");
            writer.Line($"Context = {context},");
            writer.Line($"Width = {model.Attribute.Int("Width", 0)},");
            writer.Line($"Vocabulary = {vocabulary},");
            writer.Line($"OutputColumns = {module.Graph.Outputs[Role.ModuleOutput].Shape.Columns},");
            writer.Line($"Fingerprint = \"{GraphText.Fingerprint(Lowering.Run(model, ProgramKind.Module))}\",");
            writer.Line("Parameters = ListParameters(),");
            if (module.Plan.Selections.Any()) writer.Line("Selections = ListSelections(),");
            WriteLayers(writer, costs.Layers);
            WriteFusions(writer, programs.FirstOrDefault(compiled => compiled.Kind == ProgramKind.Train) ?? module);
            writer.Line($"ParameterFloats = {module.Plan.Parameters.Floats},");
            writer.Line($"ConstantFloats = {costs.ConstantFloats},");
            writer.Line($"CacheFloatsPerPosition = {programs.Select(compiled => compiled.Plan.CacheFloatsPerPosition).Max()},");
            foreach (CompiledProgram compiled in programs) writer.Line($"{compiled.Kind.ToString()} = {Sizes(compiled.Plan)},");
            if (programs.FirstOrDefault(compiled => compiled.Kind == ProgramKind.Prefill) is { } prefill) writer.Line($"Decode = {Sizes(prefill.Plan)},");
        }
    }

    private static void WriteLayers(CodeWriter writer, IReadOnlyList<LayerCost> layers)
    {
        writer.Line("Layers =");
        writer.Line("[");
        using (writer.Indent())
        {
            foreach (LayerCost layer in layers)
            {
                writer.Line($"new({CSharpLiterals.String(layer.Name)}, {layer.Count}, Parameters: {layer.Parameters}, ForwardFlopsPerToken: {layer.FlopsPerToken}, CacheBytesPerToken: {layer.CacheBytesPerToken}, ActivationBytesPerToken: {layer.ActivationBytesPerToken}),");
            }
        }

        writer.Line("],");
    }

    private static void WriteFusions(CodeWriter writer, CompiledProgram program)
    {
        ModelGraph graph = program.Graph;
        HashSet<Item> forward = [.. graph.BackwardStart < 0 ? graph.Root.Items : graph.Root.Items.Take(graph.BackwardStart)];
        IEnumerable<Kernel> kernels = program.Fused.Kernels.Where(kernel => kernel is LoopKernel loop ? forward.Contains(loop.Loop) : forward.Contains(kernel.Nodes[0]));
        writer.Line("Fusions =");
        writer.Line("[");
        using (writer.Indent())
        {
            foreach (string fusion in KernelText.Fusions(kernels)) writer.Line(CSharpLiterals.String(fusion) + ",");
        }

        writer.Line("],");
    }

    private static string Sizes(MemoryPlan plan)
        => $"new ProgramPlan({CSharpLiterals.Int(plan.FloatsPerRow)}, {CSharpLiterals.Int(plan.FloatsPerSequence)}, {CSharpLiterals.Int(plan.ConstantFloats)})";

    private static void WriteTables(CodeWriter writer, ModelDeclaration model, ModelGraph graph)
    {
        IReadOnlyList<ConstantTable> tables = ConstantTables.Of(graph.Root);
        if (tables.Count == 0) return;
        int context = model.Attribute.Int("Context", 0);
        long start = 0;
        foreach (ConstantTable table in tables)
        {
            writer.Line($"private static readonly nint {table.Name} = {CSharpLiterals.Native(start)};");
            start += table.Floats(context);
        }

        writer.Line();
        using (writer.Block("public override void FillConstants(F32 constants)"))
        {
            foreach (ConstantTable table in tables) writer.Line(table.Fill($"constants.At({table.Name})", context));
        }

        writer.Line();
    }

    private static void WriteParameters(CodeWriter writer, ParameterLayout layout)
    {
        using (writer.Block("private static ParameterInfo[] ListParameters()"))
        {
            writer.Line("ParameterList list = new();");
            WriteInLoops(writer, layout.All(), WriteParameter);
            writer.Line("return list.ToArray();");
        }
    }

    private static void WriteSelections(CodeWriter writer, MemoryPlan plan)
    {
        using (writer.Block("private static string[] ListSelections()"))
        {
            writer.Line("global::System.Collections.Generic.List<string> list = [];");
            WriteInLoops(writer, plan.Selections, (writer, node, slot) =>
            {
                string name = node.Origin;
                for (int depth = slot.Terms.Count - 1; depth >= 0; depth--) name = name.Insert(slot.Terms[depth].Loop.Name.Length, $".{{{Index(depth)}}}");
                writer.Line($"list.Add({Template(name)});");
            });
            writer.Line("return [.. list];");
        }
    }

    /// <summary>Writes entries in order, each within the loops over whose iterations there is one.</summary>
    private static void WriteInLoops<T>(CodeWriter writer, IEnumerable<(T Entry, AffineOffset Offset)> entries, Action<CodeWriter, T, AffineOffset> write)
    {
        List<Loop> open = [];
        Stack<CodeWriter.Scope> scopes = new();
        foreach ((T entry, AffineOffset offset) in entries)
        {
            Loop[] loops = [.. offset.Terms.Select(term => term.Loop)];
            int common = 0;
            while (common < open.Count && common < loops.Length && open[common] == loops[common]) common++;
            while (open.Count > common)
            {
                scopes.Pop().Dispose();
                open.RemoveAt(open.Count - 1);
            }

            for (; open.Count < loops.Length; open.Add(loops[open.Count]))
            {
                string index = Index(open.Count);
                scopes.Push(writer.Block($"for (int {index} = 0; {index} < {loops[open.Count].Count}; {index}++)"));
            }

            write(writer, entry, offset);
        }

        while (scopes.Count > 0) scopes.Pop().Dispose();
    }

    /// <summary>A string literal that fills in the indices a path names, if it does.</summary>
    private static string Template(string path) => (path.IndexOf('{') >= 0 ? "$\"" : "\"") + path + "\"";

    private static void WriteParameter(CodeWriter writer, ParameterDeclaration parameter, AffineOffset offset)
    {
        string path = string.Join(".", parameter.Path.Steps.Select(step => step.Depth < 0 ? step.Name : $"{step.Name}.{{{Index(step.Depth)}}}"));
        string literal = Template(path);
        string place = CSharpLiterals.Int(offset.Constant) + "L" + string.Concat(offset.Terms.Select((term, depth) => $" + {Index(depth)} * {CSharpLiterals.Int(term.Stride)}L"));
        string start = parameter.Initializer.Normal ? "Normal" : "Constant";
        writer.Line($"list.Add({literal}, {place}, InitializerKind.{start}, {(float)parameter.Initializer.Value}, decay: {parameter.Decay}, {string.Join(", ", parameter.Shape.Select(extent => CSharpLiterals.Int(extent)))});");
    }

    private static string Index(int depth) => depth < 3 ? ((char)('i' + depth)).ToString() : "i" + CSharpLiterals.Int(depth);
}
