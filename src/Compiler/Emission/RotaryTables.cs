using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Operations;

namespace ModelDsl.Compiler.Emission;

/// <summary>The tables of angles a model needs: one for each rotary width and theta.</summary>
internal static class RotaryTables
{
    /// <summary>The name of the table an operation reads.</summary>
    public static string Name(Rotary rotary) => $"angles{CSharpLiterals.Int(rotary.RotaryWidth)}Theta{Text.Invariant(rotary.Theta).Replace('.', '_').Replace('+', 'p').Replace('-', 'm')}";

    /// <summary>Floats of a table: a cosine and a sine for each pair and position.</summary>
    public static long Floats(Rotary rotary, int context) => (long)context * rotary.RotaryWidth;

    /// <summary>Every table of a graph once, in order of first use.</summary>
    public static IReadOnlyList<Rotary> Of(Region region)
    {
        List<Rotary> found = [];
        Visit(region);
        return found;

        void Visit(Region at)
        {
            foreach (Item item in at.Items)
            {
                if (item is Loop loop) Visit(loop.Body);
                else if (item is Node { Operation: Rotary rotary } && found.All(other => Name(other) != Name(rotary))) found.Add(rotary);
            }
        }
    }
}
