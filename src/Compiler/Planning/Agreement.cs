namespace ModelDsl.Compiler.Planning;

/// <summary>Programs of one model share its parameters and the counters of what its layers select: they must lie in the same places for all of them.</summary>
internal static class Agreement
{
    /// <summary>Throws where programs disagree.</summary>
    public static void Check(IReadOnlyList<CompiledProgram> programs)
    {
        string[] first = [.. Places(programs[0])];
        foreach (CompiledProgram program in programs.Skip(1))
        {
            string[] places = [.. Places(program)];
            for (int i = 0; i < Math.Max(first.Length, places.Length); i++)
            {
                string here = i < places.Length ? places[i] : "nothing", there = i < first.Length ? first[i] : "nothing";
                if (here != there) throw new CompilerException($"the {program.Kind} program has {here} where the {programs[0].Kind} program has {there}");
            }
        }
    }

    private static IEnumerable<string> Places(CompiledProgram program)
        => program.Plan.Parameters.All().Select(entry => $"{entry.Parameter.Path} at {At(entry.Offset)}")
            .Concat(program.Plan.Selections.Select(entry => $"selection of {entry.Node.Origin} at {At(entry.Slot)}"));

    private static string At(AffineOffset offset)
        => Text.Invariant(offset.Constant) + string.Concat(offset.Terms.Select(term => $" + {term.Loop.Name} * {Text.Invariant(term.Stride)}"));
}
