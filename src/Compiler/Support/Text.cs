using System.Globalization;

namespace ModelDsl.Compiler;

/// <summary>Culture-free text.</summary>
internal static class Text
{
    public static string Invariant(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Invariant(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}

/// <summary>A broken invariant of the compiler itself: never the user's fault.</summary>
internal sealed class CompilerException(string message) : Exception(message);
