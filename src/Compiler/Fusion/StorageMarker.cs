using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Operations;

namespace ModelDsl.Compiler.Fusion;

/// <summary>Decides which values of row kernels go to memory: those that another kernel reads, itself or through a view, and those the caller or a loop keeps.</summary>
internal static class StorageMarker
{
    public static void Mark(IReadOnlyList<Kernel> kernels, ModelGraph graph)
    {
        HashSet<Value> read = [];
        foreach (Kernel kernel in All(kernels))
        {
            if (kernel is LoopKernel or ChunkKernel) continue;
            foreach (Value value in kernel.Reads) AddWithSources(read, value);
        }

        Uses uses = new(graph);
        foreach (RowStep step in All(kernels).OfType<RowKernel>().SelectMany(kernel => kernel.Steps))
        {
            bool throughView = uses.Of(step.Target).Any(user => IsView(user) && user.Outputs.Any(uses.IsKept));
            step.Stored = read.Contains(step.Target) || uses.IsKept(step.Target) || throughView;
        }
    }

    /// <summary>Every kernel, those inside loops and chunks too.</summary>
    public static IEnumerable<Kernel> All(IEnumerable<Kernel> kernels)
    {
        foreach (Kernel kernel in kernels)
        {
            yield return kernel;
            IReadOnlyList<Kernel> inner = kernel switch { LoopKernel loop => loop.Body, ChunkKernel chunk => chunk.Body, _ => [] };
            foreach (Kernel nested in All(inner)) yield return nested;
        }
    }

    public static bool IsView(Node node) => node.Operation.Residence is Residence.View or Residence.Gathers;

    private static void AddWithSources(HashSet<Value> read, Value value)
    {
        if (!read.Add(value) || value.Producer is not { } producer || !IsView(producer)) return;
        foreach (Value source in producer.Inputs) AddWithSources(read, source);
    }
}
