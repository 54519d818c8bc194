using ModelDsl.Compiler.Fusion;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Operations;
using ModelDsl.Compiler.Planning;

namespace ModelDsl.Compiler.Tests.Oracle;

/// <summary>
/// Executes a memory plan without numbers: every float of a position remembers who wrote it last, loops run all their iterations, and each read must find what it wants. Two live
/// buffers that overlap, a slot reused too early or a view at the wrong column show as a read of somebody else's value.
/// </summary>
internal sealed class MemorySimulation
{
    private readonly MemoryPlan plan;
    private readonly Dictionary<(Arena Arena, long Float), (Value Value, string Iteration)> written = [];
    private readonly Dictionary<(Value Value, string Iteration), (Value Value, string Iteration)> aliases = [];
    private readonly List<(Loop Loop, int Index)> loops = [];
    private readonly List<string> problems = [];

    private MemorySimulation(MemoryPlan plan) => this.plan = plan;

    /// <summary>What reads found wrong.</summary>
    public static IReadOnlyList<string> Run(CompiledProgram program)
    {
        MemorySimulation simulation = new(program.Plan);
        simulation.Run(program.Fused.Kernels);
        foreach (KeyValuePair<Role, Value> output in program.Graph.Outputs) simulation.Read(output.Value, $"output {output.Key}");
        return simulation.problems;
    }

    private void Run(IReadOnlyList<Kernel> kernels)
    {
        foreach (Kernel kernel in kernels)
        {
            if (kernel is LoopKernel loop)
            {
                Run(loop);
            }
            else if (kernel is ChunkKernel chunk)
            {
                // Packed once, read by every chunk: two of them show what a first one leaves behind.
                foreach (ProductKernel product in chunk.Body.OfType<ProductKernel>())
                {
                    foreach ((Arena, long) place in Packed(product)) written[place] = (product.Product.Output, "packed");
                }

                Run(chunk.Body);
                Run(chunk.Body);
            }
            else
            {
                if (kernel is ProductKernel packed && Packed(packed).Any(place => written.GetValueOrDefault(place) != (packed.Product.Output, "packed"))) problems.Add($"{kernel.Origin} finds its packed operand overwritten");
                foreach (Value value in kernel.Reads) Read(value, kernel.Origin);
                foreach (Value value in kernel.Writes) Write(value);
            }
        }
    }

    private IEnumerable<(Arena, long)> Packed(ProductKernel product)
    {
        if (plan.PackedRight(product) is not { } buffer) yield break;
        for (long i = 0; i < buffer.Floats; i++) yield return (Arena.Scratch, buffer.Offset + i);
    }

    private void Run(LoopKernel kernel)
    {
        Loop loop = kernel.Loop;
        Dictionary<Carry, (Value, string)> carried = loop.Carries.ToDictionary(carry => carry, carry => (carry.Initial, Iteration(carry.Initial)));
        for (int step = 0; step < loop.Count; step++)
        {
            loops.Add((loop, loop.Reversed ? loop.Count - 1 - step : step));
            foreach (Carry carry in loop.Carries) aliases[(carry.Input, Iteration(carry.Input))] = carried[carry];
            Run(kernel.Body);
            foreach (Carry carry in loop.Carries)
            {
                Read(carry.Output, $"{loop.Name} hands on");
                carried[carry] = (carry.Output, Iteration(carry.Output));
            }

            loops.RemoveAt(loops.Count - 1);
        }

        foreach (Carry carry in loop.Carries) aliases[(carry.Result, Iteration(carry.Result))] = carried[carry];
    }

    /// <summary>The indices, from the outside, of the iteration a value of some region means here.</summary>
    private string Iteration(Value value) => string.Join(",", loops.Take(value.Region.Depth).Select(entry => entry.Index));

    private void Write(Value value)
    {
        foreach ((Arena, long) place in Floats(value)) written[place] = (value, Iteration(value));
    }

    private void Read(Value value, string reader)
    {
        if (value.Kind is ValueKind.Input or ValueKind.Parameter) return;
        HashSet<(Value, string)> accepted = [];
        Accept(value, Iteration(value), accepted);
        foreach ((Arena, long) place in Floats(value))
        {
            if (written.TryGetValue(place, out (Value Value, string Iteration) writer) && accepted.Contains(writer)) continue;
            problems.Add($"{reader} reads {value} ({value.Name}) [{Iteration(value)}] at {place} and finds {(writer.Value is null ? "nothing" : $"{writer.Value} ({writer.Value.Name}) [{writer.Iteration}]")}");
            return;
        }
    }

    /// <summary>A value, what it is a view of or made of in place, and what a loop handed to it.</summary>
    private void Accept(Value value, string iteration, HashSet<(Value, string)> accepted)
    {
        if (!accepted.Add((value, iteration))) return;
        if (aliases.TryGetValue((value, iteration), out (Value Value, string Iteration) source)) Accept(source.Value, source.Iteration, accepted);
        if (value.Producer is { Operation: Slice or SplitHeads or MergeHeads or Concatenate } view)
        {
            foreach (Value input in view.Inputs) Accept(input, iteration, accepted);
        }
    }

    /// <summary>The floats of one position (sequence, or once) that a value occupies.</summary>
    private IEnumerable<(Arena, long)> Floats(Value value)
    {
        Location at = plan.Locate(value);
        if (at.Buffer.Arena is Arena.Parameters or Arena.Gradients or Arena.External) yield break;
        long start = at.Buffer.Offset, stride = at.Buffer.Floats;
        if (at.Buffer.Carried is { } carried)
        {
            int slot = at.Slot.OfIteration ? IndexOf(carried) + at.Slot.Step : at.Slot.Step;
            start += slot % at.Buffer.Slots * stride;
            stride *= at.Buffer.Slots;
        }

        for (int i = at.Buffer.Stack.Count - 1; i >= 0; i--)
        {
            start += IndexOf(at.Buffer.Stack[i].Loop) * stride;
            stride *= at.Buffer.Stack[i].Slots;
        }

        int count = at.Heads > 1 ? at.Heads * at.HeadWidth : value.Shape.Columns * Math.Min(value.Shape.Rows.Factor, 64);
        for (int i = 0; i < count; i++) yield return (at.Buffer.Arena, start + at.Column + i);
    }

    private int IndexOf(Loop loop) => loops.First(entry => entry.Loop == loop || entry.Loop.Mirrors == loop || loop.Mirrors == entry.Loop).Index;
}
