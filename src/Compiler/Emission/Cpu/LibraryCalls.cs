using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Operations;
using ModelDsl.Compiler.Planning;

namespace ModelDsl.Compiler.Emission.Cpu;

/// <summary>The runtime call of each operation that has a kernel of its own.</summary>
internal static class LibraryCalls
{
    public static void Write(CodeWriter writer, Node node, MemoryPlan plan, MethodScope scope, PolicyWriter policies)
    {
        string At(Value value) => scope.Memory(value, plan.Locate(value).Column);
        string Stride(Value value) => CSharpLiterals.Int(plan.Locate(value).RowStride);
        string Heads(Value value) => $"new HeadMatrix({At(value)}, {Stride(value)})";
        string rows = scope.Rows(node.Inputs[0].Shape.Rows);
        string Counter()
        {
            AffineOffset slot = plan.Selection(node);
            return $"f.Selection({scope.Affine(slot.Constant, slot.Terms)})";
        }

        switch (node.Operation)
        {
            case Gather gather:
                string table = CSharpLiterals.Int(node.Output.Shape.Columns);
                writer.Line(gather.Index == GatherIndex.Token
                    ? $"EmbeddingKernels.Gather(f.Pool, {rows}, f.Inputs, {scope.Matrix(node.Inputs[1])}, {table}, {At(node.Output)}, {Stride(node.Output)});"
                    : $"EmbeddingKernels.GatherPositions(f.Pool, f.Batch, f.Time, f.Starts, {scope.Matrix(node.Inputs[1])}, {table}, {At(node.Output)}, {Stride(node.Output)});");
                break;
            case Scatter scatter:
                string source = $"{At(node.Inputs[1])}, {Stride(node.Inputs[1])}";
                string extents = $"{CSharpLiterals.Int(scatter.TableRows)}, {CSharpLiterals.Int(node.Output.Shape.Columns)}";
                string accumulate = scope.Accumulate(plan.Locate(node.Output).Adds);
                writer.Line(scatter.Index == GatherIndex.Token
                    ? $"EmbeddingKernels.Scatter(f.Pool, {rows}, f.Inputs, {source}, {extents}, {At(node.Output)}, {accumulate});"
                    : $"EmbeddingKernels.ScatterPositions(f.Pool, f.Batch, f.Time, {source}, {extents}, {At(node.Output)}, {accumulate});");
                break;
            case LastPosition:
                writer.Line($"Positions.CopyLast(f.Batch, f.Time, {At(node.Inputs[0])}, {Stride(node.Inputs[0])}, {node.Output.Shape.Columns}, {At(node.Output)});");
                break;
            case Rotary rotary:
                writer.Line($"Rotary.Apply(f.Pool, f.Batch, f.Time, f.Starts, {At(node.Output)}, {Stride(node.Output)}, {rotary.Heads}, {rotary.HeadWidth}, {rotary.First}, {rotary.RotaryWidth}, {Table(rotary)}, inverse: {rotary.Inverse});");
                break;
            case CrossEntropy:
                writer.Line($"CrossEntropy.Forward(f.Pool, {rows}, {node.Inputs[0].Shape.Columns}, {At(node.Inputs[0])}, {Stride(node.Inputs[0])}, {scope.Ids("Targets")}, {At(node.Outputs[0])}, {At(node.Outputs[1])});");
                break;
            case CrossEntropyBackward:
                writer.Line($"CrossEntropy.Backward(f.Pool, {rows}, {node.Inputs[0].Shape.Columns}, {At(node.Inputs[0])}, {Stride(node.Inputs[0])}, {scope.Ids("Targets")}, {At(node.Inputs[2])}, f.LossScale, {At(node.Output)}, {Stride(node.Output)});");
                break;
            case Attend attend:
                writer.Line($"AttentionKernels.Forward(f.Pool, {Shape(attend, attend.Form, attend.Selected > 0 ? ", Counter = " + Counter() : "")},");
                using (writer.Indent())
                    writer.Line($"{Heads(node.Inputs[0])}, {Heads(node.Inputs[1])}, {Heads(node.Inputs[2])}, {Heads(node.Outputs[0])}, {At(node.Outputs[1])}, {Stride(node.Outputs[1])});");
                break;
            case AttendBackward backward:
                writer.Line($"AttentionKernels.Backward(f.Pool, {Shape(backward, backward.Form)},");
                using (writer.Indent())
                {
                    writer.Line($"{Heads(node.Inputs[0])}, {Heads(node.Inputs[1])}, {Heads(node.Inputs[2])}, {Heads(node.Inputs[3])}, {At(node.Inputs[4])}, {Stride(node.Inputs[4])},");
                    writer.Line($"{Heads(node.Inputs[5])}, {Heads(node.Outputs[0])}, {Heads(node.Outputs[1])}, {Heads(node.Outputs[2])});");
                }

                break;
            case AttendCached cached:
                AffineOffset cache = plan.Cache(node);
                string half = CSharpLiterals.Int(cached.CacheFloats / 2);
                writer.Line($"AttentionKernels.Cached(f.Pool, {Shape(cached, cached.Form, (cached.Selected > 0 ? ", Counter = " + Counter() : "") + ", CacheStride = f.CacheStride")}, f.Starts, f.CacheCapacity, {Heads(node.Inputs[0])}, {Heads(node.Inputs[1])}, {Heads(node.Inputs[2])},");
                using (writer.Indent())
                    writer.Line($"f.Cache.At((nint)f.CacheCapacity * ({scope.Affine(cache.Constant, cache.Terms)})), f.Cache.At((nint)f.CacheCapacity * ({scope.Affine(cache.Constant, cache.Terms)} + {half})), {Heads(node.Output)});");
                break;
            case TopKThreshold threshold:
                int columns = node.Inputs[0].Shape.Columns;
                writer.Line($"TopKKernels.Threshold(f.Pool, {rows}, {columns}, {At(node.Inputs[0])}, {Stride(node.Inputs[0])}, {(float)threshold.Quantile(columns)}, {threshold.Divisor(columns)}, {At(node.Outputs[0])}, {At(node.Outputs[1])}, {At(node.Outputs[2])}, {Counter()});");
                break;
            case TopKSelect select:
                writer.Line($"TopKKernels.Select(f.Pool, {rows}, {node.Output.Shape.Columns}, {select.Count}, {At(node.Inputs[0])}, {Stride(node.Inputs[0])}, {At(node.Output)}, {Stride(node.Output)}, {At(node.Outputs[1])}, {At(node.Outputs[2])}, {Counter()});");
                break;
            case TopKSelectBackward:
                writer.Line($"TopKKernels.SelectBackward(f.Pool, {rows}, {node.Output.Shape.Columns}, {At(node.Inputs[0])}, {Stride(node.Inputs[0])}, {At(node.Inputs[1])}, {At(node.Inputs[2])}, {At(node.Inputs[3])}, {Stride(node.Inputs[3])}, {At(node.Output)}, {Stride(node.Output)});");
                break;
            case ActiveFfn active:
                Value preactivations = active.Values(node), down = active.Down(node);
                string selected = $"{scope.Matrix(preactivations)}, {(active.Thresholds(node) is { } thresholds ? At(thresholds) : "default")}";
                string factor = active.Input(node) is { } factors ? $"{scope.Matrix(factors)}, {CSharpLiterals.Int(factors.Shape.Columns)}, {scope.Matrix(active.Up(node)!)}, " : "";
                string memory = factor.Length > 0 ? At(node.Outputs[1]) + ", " : "";
                writer.Line($"ActiveFfn.Run(f.Pool, {rows}, {preactivations.Shape.Columns}, {active.Active}, {selected},");
                using (writer.Indent())
                    writer.Line($"{factor}{scope.Matrix(down)}, {memory}{scope.Matrix(node.Output)}, {down.Shape.Columns}, new {policies.Neuron(plan, node.Origin, active.Neuron).Name}());");
                break;
            default:
                throw new CompilerException($"{node.Operation.Describe()} has no call");
        }
    }

    private static string Table(Operation operation) => $"f.Constants.At({operation.Table!.Name})";

    private static string Shape(Operation operation, AttentionForm form, string more = "")
    {
        string variant = form.Causal ? ", Causal = true" : "";
        if (form.Window > 0) variant += $", Window = {CSharpLiterals.Int(form.Window)}";
        if (form.TopK > 0) variant += $", TopK = {CSharpLiterals.Int(form.TopK)}, Thresholds = {Table(operation)}";
        if (form.PredictorWidth > 0) variant += $", PredictorWidth = {CSharpLiterals.Int(form.PredictorWidth)}, GateScale = {CSharpLiterals.Float((float)form.GateScale)}";
        if (form.SoftCap > 0) variant += $", SoftCap = {CSharpLiterals.Float((float)form.SoftCap)}";
        return $"new AttentionShape {{ Batch = f.Batch, Time = f.Time, Heads = {CSharpLiterals.Int(form.Heads)}, KeyValueHeads = {CSharpLiterals.Int(form.KeyValueHeads)}, "
            + $"HeadWidth = {CSharpLiterals.Int(form.HeadWidth)}, Scale = {CSharpLiterals.Float((float)form.Scale)}{variant}{more}, SegmentStarts = f.SegmentStarts }}";
    }
}
