using ModelDsl.Compiler.Emission;

namespace ModelDsl.Compiler.Graph.Operations;

/// <summary>Numbers that kernels read and that depend on a model's constants and its context alone. Operations with equal tables share one.</summary>
internal abstract record ConstantTable
{
    /// <summary>A name for generated code, the same for equal tables only.</summary>
    public abstract string Name { get; }

    /// <summary>How many floats it has.</summary>
    public abstract long Floats(int context);

    /// <summary>The call that fills it.</summary>
    /// <param name="memory">The expression for its memory.</param>
    /// <param name="context">Positions of a sequence.</param>
    public abstract string Fill(string memory, int context);

    protected static string Word(double number) => Text.Invariant(number).Replace('.', '_').Replace('+', 'p').Replace('-', 'm');
}

/// <summary>A cosine and a sine for each pair of rotated columns and position.</summary>
internal sealed record RotaryAngles(int Width, double Theta) : ConstantTable
{
    public override string Name => $"Angles{CSharpLiterals.Int(Width)}Theta{Word(Theta)}";

    public override long Floats(int context) => (long)context * Width;

    public override string Fill(string memory, int context) => $"RotaryTable.Fill({memory}, {CSharpLiterals.Int(context)}, {CSharpLiterals.Int(Width)}, {CSharpLiterals.Double(Theta)});";
}

/// <summary>For each number of keys how many deviations above the mean the threshold is that about <paramref name="Count"/> of them exceed.</summary>
internal sealed record SelectionThresholds(int Count, Deviation Deviation) : ConstantTable
{
    public override string Name => $"Thresholds{CSharpLiterals.Int(Count)}{Deviation}";

    public override long Floats(int context) => context + 1L;

    public override string Fill(string memory, int context) => $"ThresholdTable.Fill({memory}, {CSharpLiterals.Int(context)}, {CSharpLiterals.Int(Count)}, Deviation.{Deviation});";
}
