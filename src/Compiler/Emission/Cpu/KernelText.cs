using ModelDsl.Compiler.Fusion;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Operations;

namespace ModelDsl.Compiler.Emission.Cpu;

/// <summary>Says in a line what a kernel computes and what was fused into it: comments of generated code, and entries of the model's card.</summary>
internal static class KernelText
{
    /// <summary>A matrix product.</summary>
    /// <param name="kernel">The product.</param>
    /// <param name="m">Rows of the result.</param>
    /// <param name="n">Columns of the result.</param>
    /// <param name="k">Length of the sums.</param>
    public static string Of(ProductKernel kernel, string m, string n, string k)
    {
        string fused = string.Join("; ", Fused(kernel));
        return $"{kernel.Origin}: [{m}, {k}] x [{k}, {n}]{(fused.Length > 0 ? "; " + fused : "")}";
    }

    /// <summary>A chain over rows.</summary>
    public static string Of(RowKernel kernel, string rows)
        => $"{kernel.Origin}: [{rows}, {CSharpLiterals.Int(kernel.Columns)}]; {string.Join(", ", kernel.Nodes.Select(Word).Distinct())}";

    /// <summary>Work done for some rows at a time.</summary>
    public static string Of(ChunkKernel kernel)
        => $"{kernel.Origin}: {CSharpLiterals.Int(kernel.Rows)} rows at a time, so that a value as wide as the vocabulary exists for those only: "
            + string.Join(", ", kernel.Body.SelectMany(inner => inner.Nodes).Select(Word).Distinct());

    /// <summary>What was fused in a program's forward pass, a sentence each.</summary>
    public static IEnumerable<string> Fusions(IEnumerable<Kernel> forward)
    {
        foreach (Kernel kernel in forward)
        {
            switch (kernel)
            {
                case LoopKernel loop:
                    foreach (string inner in Fusions(loop.Body)) yield return inner;
                    break;
                case ChunkKernel chunk:
                    yield return Of(chunk);
                    foreach (string inner in Fusions(chunk.Body)) yield return inner;
                    break;
                case ProductKernel product when Fused(product).Any():
                    yield return product.Origin + ": " + string.Join("; ", Fused(product));
                    break;
            }
        }
    }

    private static IEnumerable<string> Fused(ProductKernel kernel)
    {
        if (!kernel.Left.IsPlain) yield return "left read through " + PolicyWriter.Describe(kernel.Left);
        if (!kernel.Right.IsPlain) yield return "right read through " + PolicyWriter.Describe(kernel.Right);
        if (kernel.Nodes.Count == 1) yield break;
        yield return "epilogue: " + string.Join(", ", kernel.Stores.Where(store => !store.Formula.IsPlain).Select(store => PolicyWriter.Describe(store.Formula)).Concat(kernel.Rotations.Select(Word)));
    }

    private static string Word(Node node)
    {
        string text = node.Operation.Describe();
        int end = text.IndexOf(' ');
        return node.Operation is Pointwise ? "pointwise" : node.Operation is Contract ? "product" : node.Operation is Rotary && end > 0 ? text.Substring(0, end) : text;
    }
}
