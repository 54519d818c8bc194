using System.Text;

namespace ModelDsl.Compiler.Graph;

/// <summary>The text form of a graph: what tests of stages compare, and whose hash a checkpoint carries.</summary>
internal static class GraphText
{
    public static string Write(ModelGraph graph)
    {
        StringBuilder text = new();
        foreach (KeyValuePair<Role, Value> input in graph.Inputs.OrderBy(input => input.Value.Id)) text.Append($"input {input.Key} {input.Value} {input.Value.Shape}\n");
        Write(text, graph, graph.Root, "");
        foreach ((Value parameter, Value gradient) in graph.ParameterGradients) text.Append($"gradient {parameter} += {gradient}\n");
        foreach (KeyValuePair<Role, Value> output in graph.Outputs.OrderBy(output => output.Key)) text.Append($"output {output.Key} {output.Value}\n");
        return text.ToString();
    }

    /// <summary>A hash of the forward graph, 16 hexadecimal digits (FNV-1a): models whose parameters mean the same have the same.</summary>
    public static string Fingerprint(ModelGraph forward)
    {
        ulong hash = 14695981039346656037;
        foreach (char character in Write(forward)) hash = unchecked((hash ^ character) * 1099511628211);
        return hash.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
    }

    private static void Write(StringBuilder text, ModelGraph graph, Region region, string indent)
    {
        foreach (Value parameter in graph.Parameters.Where(parameter => parameter.Region == region))
            text.Append($"{indent}{parameter} {parameter.Shape} = parameter {string.Join(" | ", parameter.Parameters.Select(declared => declared.Path))}\n");
        foreach (Item item in region.Items)
        {
            if (item is Node node)
            {
                string outputs = string.Join(", ", node.Outputs.Select(output => $"{output} {output.Shape}"));
                text.Append($"{indent}{outputs} = {node.Operation.Describe()} ({string.Join(", ", node.Inputs)})    # {node.Origin}\n");
                continue;
            }

            Loop loop = (Loop)item;
            string carried = string.Join(", ", loop.Carries.Select(carry => $"{carry.Input} {carry.Input.Shape} from {carry.Initial}"));
            text.Append($"{indent}repeat {Text.Invariant(loop.Count)}{(loop.Reversed ? " backwards" : "")} {loop.Name} carrying {carried}\n");
            Write(text, graph, loop.Body, indent + "    ");
            text.Append($"{indent}hand on {string.Join(", ", loop.Carries.Select(carry => $"{carry.Output} as {carry.Result}"))}\n");
        }
    }
}
