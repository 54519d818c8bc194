using ModelDsl.Compiler.Fusion;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Operations;
using ModelDsl.Compiler.Planning;

namespace ModelDsl.Compiler.Emission.Cpu;

/// <summary>Writes the methods of one program: a call a kernel, a loop a stack of blocks, a method a loop body.</summary>
internal sealed class ProgramWriter(CodeWriter writer, PolicyWriter policies, MemoryPlan plan, string program)
{
    private readonly Names methods = new();
    private readonly Queue<Action> pending = new();
    private bool first = true;

    /// <summary>Writes a method that runs kernels, and the methods it needs.</summary>
    /// <param name="header">The method's declaration.</param>
    /// <param name="summary">Its documentation.</param>
    /// <param name="kernels">What it runs.</param>
    /// <param name="results">Properties of the frame it sets at the end, with the value each points to.</param>
    public void WriteMethod(string header, string summary, IReadOnlyList<Kernel> kernels, IReadOnlyList<(string Property, Value Value)> results)
    {
        WriteBody(header, summary, kernels, new MethodScope(plan, []), results);
        while (pending.Count > 0) pending.Dequeue()();
    }

    private void WriteBody(string header, string summary, IReadOnlyList<Kernel> kernels, MethodScope scope, IReadOnlyList<(string Property, Value Value)> results)
    {
        CodeWriter body = new();
        foreach (Kernel kernel in kernels)
        {
            body.Line();
            WriteKernel(body, kernel, scope);
        }

        if (results.Count > 0) body.Line();
        foreach ((string property, Value value) in results) body.Line($"f.{property} = {scope.Memory(value)};");
        if (!first) writer.Line();
        first = false;
        writer.Summary(summary);
        using (writer.Block(header))
        {
            writer.Line("nint rows = f.Rows;");
            foreach (string declaration in scope.Declarations) writer.Line(declaration);
            writer.Append(body.ToString());
        }
    }

    private void WriteKernel(CodeWriter body, Kernel kernel, MethodScope scope)
    {
        switch (kernel)
        {
            case LoopKernel loop:
                WriteLoop(body, loop, scope);
                break;
            case ChunkKernel chunk:
                WriteChunk(body, chunk, scope);
                break;
            case ProductKernel product:
                WriteProduct(body, product, scope);
                break;
            case RowKernel rows:
                body.Comment(KernelText.Of(rows, scope.Rows(rows.Rows)));
                Policy policy = policies.Rows(plan, rows);
                bool adds = rows.Steps.Any(step => step.Kind == RowStepKind.RowsSum && plan.Locate(step.Target).Adds);
                body.Line($"RowKernels.Run(f.Pool, {scope.Rows(rows.Rows)}, {Construct(policy, scope, adds)});");
                break;
            case LibraryKernel library:
                body.Comment($"{library.Origin}: {library.Node.Operation.Describe()}");
                LibraryCalls.Write(body, library.Node, plan, scope, policies);
                break;
        }
    }

    private void WriteLoop(CodeWriter body, LoopKernel loop, MethodScope scope)
    {
        string index = scope.Index(loop.Loop);
        string name = methods.Unique(program + Names.Pascal(loop.Loop.Name) + (loop.Loop.Reversed ? "Backward" : "Forward"));
        string count = CSharpLiterals.Int(loop.Loop.Count);
        body.Comment(loop.Loop.Reversed ? $"{loop.Loop.Name}: backward, last block first" : $"{loop.Loop.Name}: {count} blocks");
        body.Line(loop.Loop.Reversed ? $"for (nint {index} = {CSharpLiterals.Int(loop.Loop.Count - 1)}; {index} >= 0; {index}--) {name}(f{scope.Arguments}, {index});" : $"for (nint {index} = 0; {index} < {count}; {index}++) {name}(f{scope.Arguments}, {index});");
        MethodScope inner = scope.Enter(loop.Loop, index);
        pending.Enqueue(() => WriteBody($"private static void {name}(Frame f{inner.Parameters})", $"{loop.Loop.Name}[{index}]{(loop.Loop.Reversed ? ", backward" : "")}.", loop.Body, inner, []));
    }

    private void WriteChunk(CodeWriter body, ChunkKernel chunk, MethodScope scope)
    {
        string name = methods.Unique(program + Names.Pascal(chunk.Origin) + "Chunk");
        string step = CSharpLiterals.Int(chunk.Rows);
        body.Comment(KernelText.Of(chunk));
        List<string> packed = [];
        MethodScope inner = scope.EnterChunk();
        foreach (ProductKernel product in chunk.Body.OfType<ProductKernel>())
        {
            if (plan.PackedRight(product) is not { } buffer) continue;
            (string n, string k) = Extents(product, scope);
            string local = scope.Declare(buffer, Names.Camel(product.Origin, 1) + "Packed");
            bool transposed = ((Contract)product.Product.Operation).TransposeRight;
            body.Line($"MatMul.PackB(f.Pool, {n}, {k}, {Operand(product, "Right", product.Right, product.Product.Inputs[1], scope)}, {transposed}, {local});");
            packed.Add(local);
            inner.Packed[product] = local;
        }

        string arguments = string.Concat(packed.Select(local => ", " + local)), parameters = string.Concat(packed.Select(local => ", F32 " + local));
        body.Line($"for (nint first = 0; first < rows; first += {step}) {name}(f, first, Math.Min({step}, rows - first){arguments});");
        pending.Enqueue(() => WriteBody($"private static void {name}(Frame f, nint first, nint count{parameters})", $"Rows first .. first + count of {chunk.Origin}.", chunk.Body, inner, []));
    }

    private void WriteProduct(CodeWriter body, ProductKernel kernel, MethodScope scope)
    {
        Contract contract = (Contract)kernel.Product.Operation;
        Value product = kernel.Product.Output;
        (string n, string k) = Extents(kernel, scope);
        string m = scope.Rows(product.Shape.Rows);
        body.Comment(KernelText.Of(kernel, m, n, k));
        string left = Operand(kernel, "Left", kernel.Left, kernel.Product.Inputs[0], scope);
        string epilogue = Epilogue(kernel, scope);
        if (scope.Packed.TryGetValue(kernel, out string? packed))
        {
            body.Line($"MatMul.RunPacked(f.Pool, {m}, {n}, {k}, {left}, {contract.TransposeLeft}, {packed}, {epilogue});");
            return;
        }

        string right = Operand(kernel, "Right", kernel.Right, kernel.Product.Inputs[1], scope);
        body.Line($"MatMul.Run(f.Pool, {m}, {n}, {k}, {left}, {contract.TransposeLeft}, {right}, {contract.TransposeRight}, {epilogue});");
    }

    private static (string N, string K) Extents(ProductKernel kernel, MethodScope scope)
    {
        Value left = kernel.Product.Inputs[0];
        bool transposed = ((Contract)kernel.Product.Operation).TransposeLeft;
        return (CSharpLiterals.Int(kernel.Product.Output.Shape.Columns), transposed ? scope.Rows(left.Shape.Rows) : CSharpLiterals.Int(left.Shape.Columns));
    }

    private string Operand(ProductKernel kernel, string side, Formula formula, Value operand, MethodScope scope)
    {
        if (formula.IsPlain && plan.Locate(formula.Operands[0]).Heads == 1) return scope.Matrix(formula.Operands[0]);
        return Construct(policies.Operand(plan, kernel.Origin + ".", side, formula, operand), scope, false);
    }

    private string Epilogue(ProductKernel kernel, MethodScope scope)
    {
        bool adds = kernel.Stores.Any(store => plan.Locate(store.Target).Adds);
        if (kernel.Stores is [{ Formula.IsPlain: true } store] && kernel.Rotations.Count == 0)
        {
            Location at = plan.Locate(store.Target);
            string accumulate = at.Buffer.Arena == Arena.Gradients ? scope.Accumulate(at.Adds) : "false";
            return $"new StoreProduct({scope.Memory(store.Target, at.Column)}, {CSharpLiterals.Int(at.RowStride)}, {accumulate})";
        }

        return Construct(policies.Epilogue(plan, kernel), scope, adds);
    }

    private static string Construct(Policy policy, MethodScope scope, bool adds)
    {
        IEnumerable<string> handles = policy.Values.Select(value => scope.Memory(value));
        IEnumerable<string> extra = policy.Extra.Select(name => name switch
        {
            "accumulate" => scope.Accumulate(adds),
            "time" => "f.Time",
            "starts" => "f.Starts",
            _ => $"f.Constants.At({Names.Pascal(name)})",
        });
        return $"new {policy.Name}({string.Join(", ", handles.Concat(extra))})";
    }
}
