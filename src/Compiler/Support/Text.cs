using System.Globalization;

namespace ModelDsl.Compiler;

/// <summary>Culture-free text.</summary>
internal static class Text
{
    public static string Invariant(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The fewest digits that read back as the same number. "R" is not used: runtimes differ in it, and a checkpoint's fingerprint is a hash of such text.</summary>
    public static string Invariant(double number)
    {
        for (int digits = 15; digits < 17; digits++)
        {
            string text = number.ToString("G" + digits, CultureInfo.InvariantCulture);
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double read) && read == number) return text;
        }

        return number.ToString("G17", CultureInfo.InvariantCulture);
    }
}

/// <summary>A broken invariant of the compiler itself: never the user's fault.</summary>
internal sealed class CompilerException(string message) : Exception(message);
