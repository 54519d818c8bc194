using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.Compiler.Layers;

/// <summary>
/// A layer while it is checked, and what is found. In a block the width is not known: rules that need it run again for every model that reaches the block.
/// </summary>
internal sealed class LayerCheck(ModelDeclaration? model, DeclarationTarget target, AttributeDeclaration attribute, List<ModelError> errors)
{
    /// <summary>Largest width, context, vocabulary or hidden size: far above any in use, and low enough that no size of memory overflows.</summary>
    public const int MostColumns = 1 << 24;

    /// <summary>Floats in the widest vector and in a cache line: rows of a multiple of them leave no lane idle and start at a line.</summary>
    public const int Lanes = 16;

    /// <summary>The model, or null for a block by itself.</summary>
    public ModelDeclaration? Model { get; } = model;

    /// <summary>Width of the residual stream where it is known.</summary>
    public int? Width => Model is not null && Model.Attribute.Int(nameof(ModelAttribute.Width), 0) is > 0 and <= MostColumns and int width ? width : null;

    public AttributeDeclaration Attribute { get; } = attribute;

    /// <summary>Reports a broken rule at an argument if it was written, else at the attribute.</summary>
    public void Report(DiagnosticRule rule, string argument, params object[] values) => Report(rule, argument, [], values);

    /// <summary>The same with what mends it.</summary>
    public void Report(DiagnosticRule rule, string argument, IEnumerable<string> suggestions, params object[] values) => errors.Add(
        rule.At(target with { Argument = Attribute.Has(argument) ? argument : null }, [.. values.Select(value => FormattableString.Invariant($"{value}"))]).Suggesting(suggestions));

    /// <summary>An integer argument must be from <paramref name="least"/> to <paramref name="most"/> where it was written.</summary>
    public bool InRange(string argument, int least, long most = MostColumns)
    {
        long value = Attribute.Long(argument, least);
        if (value >= least && value <= most) return true;
        string bound = Text.Invariant(value < least ? least : most);
        Report(DiagnosticCatalogue.OutOfRange, argument, [$"{argument} = {bound}"], argument, value, (value < least ? "at least " : "at most ") + bound);
        return false;
    }

    /// <summary>What a size comes to must be a number of columns that a product may have.</summary>
    /// <param name="argument">The argument that makes it too large.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="most">The largest value of the argument that fits, if that alone decides.</param>
    public bool Fits(string argument, long columns, int? most = null)
    {
        if (columns <= MostColumns) return true;
        IEnumerable<string> suggestions = most is { } fitting ? [$"{argument} = {Text.Invariant(fitting)}"] : [];
        Report(DiagnosticCatalogue.OutOfRange, argument, suggestions, argument, Attribute.Int(argument, 0), FormattableString.Invariant($"less: it makes a product of {columns} columns, and {MostColumns} are the most"));
        return false;
    }

    /// <summary>A real argument must be a finite number above zero, or zero where that means none.</summary>
    /// <param name="argument">The argument.</param>
    /// <param name="orZero">Whether zero means none.</param>
    /// <param name="suggestion">What mends it; by default zero if allowed, else its default.</param>
    public bool Positive(string argument, bool orZero = false, string? suggestion = null)
    {
        // What generated code holds is a float.
        float value = (float)Attribute.Double(argument, 1);
        if (!Attribute.Has(argument) || value is > 0 and < float.PositiveInfinity || (orZero && Attribute.Double(argument, 1) == 0)) return true;
        suggestion ??= orZero ? argument + " = 0" : argument;
        Report(DiagnosticCatalogue.OutOfRange, argument, [suggestion], argument, Attribute.Double(argument, 1), orZero ? "0, or above 0 as a 32-bit float and finite" : "above 0 as a 32-bit float and finite");
        return false;
    }

    /// <summary>An argument that changes nothing as the layer stands must not be written.</summary>
    /// <param name="argument">The argument.</param>
    /// <param name="why">Why it changes nothing.</param>
    /// <param name="others">Arguments that would give it a meaning.</param>
    public void Useless(string argument, string why, params IEnumerable<string> others)
    {
        if (Attribute.Has(argument)) Report(DiagnosticCatalogue.WithoutEffect, argument, others.Append(argument), $"{Attribute.Name}({argument})", target.Member ?? target.Type, why);
    }

    /// <summary>Whole numbers from 1 on that divide <paramref name="number"/>.</summary>
    public static IEnumerable<int> Divisors(int number)
    {
        List<int> above = [];
        for (int candidate = 1; candidate <= number / candidate; candidate++)
        {
            if (number % candidate != 0) continue;
            yield return candidate;
            if (number / candidate != candidate) above.Add(number / candidate);
        }

        for (int i = above.Count - 1; i >= 0; i--) yield return above[i];
    }

    /// <summary>Of rising numbers the nearest below a wanted one and the nearest above, the nearer first.</summary>
    public static IReadOnlyList<int> Nearest(IEnumerable<int> numbers, int wanted)
    {
        int[] all = [.. numbers];
        return [.. all.Where(number => number < wanted).Reverse().Take(1).Concat(all.Where(number => number > wanted).Take(1)).OrderBy(number => Math.Abs((long)number - wanted))];
    }

    /// <summary>The multiples of <see cref="Lanes"/> around a number that is none, without zero.</summary>
    public static IEnumerable<int> Multiples(int number)
    {
        int below = number - (number % Lanes);
        return new[] { below, below + Lanes }.Where(multiple => multiple > 0);
    }

    /// <summary>Whether the layer is right with another value of an argument.</summary>
    public bool Allows(string argument, int value)
    {
        List<ModelError> found = [];
        LayerKinds.Find(Attribute.Name)!.Check(new LayerCheck(Model, target, Attribute.With(argument, value), found));
        return found.Count == 0;
    }
}

/// <summary>Runs the checks of layers.</summary>
internal static class LayerChecks
{
    /// <summary>The broken rules of a class's own layers. With a model given, its sizes are known.</summary>
    public static IReadOnlyList<ModelError> Check(ModelDeclaration? model, TypeIdentity type, EquatableArray<MemberDeclaration> members)
    {
        List<ModelError> errors = [];
        foreach (LayerCheck check in Layers(model, type, members, errors))
        {
            if (LayerKinds.Find(check.Attribute.Name) is { } kind) kind.Check(check);
            else CheckNorm(check);
        }

        return errors;
    }

    /// <summary>What would make a class's own layers faster. With a model given, its sizes are known. Nothing of them is wrong.</summary>
    public static IReadOnlyList<ModelError> Advise(ModelDeclaration? model, TypeIdentity type, EquatableArray<MemberDeclaration> members)
    {
        List<ModelError> hints = [];
        foreach (LayerCheck check in Layers(model, type, members, hints)) LayerKinds.Find(check.Attribute.Name)?.Advise(check);
        return hints;
    }

    private static IEnumerable<LayerCheck> Layers(ModelDeclaration? model, TypeIdentity type, EquatableArray<MemberDeclaration> members, List<ModelError> found)
        => from member in members
           from attribute in member.Attributes
           select new LayerCheck(model, new DeclarationTarget(type.FullName, member.Name, attribute.Name), attribute, found);

    private static void CheckNorm(LayerCheck check)
    {
        check.Positive("Epsilon");
        if (check.Attribute.Enum("Kind", NormKind.RmsNorm) == NormKind.RmsNorm) check.Useless("Bias", "an RMS norm has no bias: leave Bias out, or give NormKind.LayerNorm");
    }

    /// <summary>What a model's sizes break in the blocks it reaches, beyond what a block breaks by itself.</summary>
    public static IEnumerable<ModelError> CheckInBlocks(ModelDeclaration model)
        => model.Blocks.SelectMany(block => Check(model, block.Type, block.Members).Except(Check(null, block.Type, block.Members)));
}
