using System.Globalization;
using System.Text;

namespace ModelDsl.Compiler.Emission;

/// <summary>Values as C# source text, independent of culture and of the runtime that hosts the compiler.</summary>
internal static class CSharpLiterals
{
    // Contextual keywords are escaped too: most are legal names almost everywhere, and @ is legal always.
    private static readonly HashSet<string> Keywords = new(
        ("abstract as base bool break byte case catch char checked class const continue decimal default delegate do double else enum event explicit "
        + "extern false finally fixed float for foreach goto if implicit in int interface internal is lock long namespace new null object operator out "
        + "override params private protected public readonly ref return sbyte sealed short sizeof stackalloc static string struct switch this throw "
        + "true try typeof uint ulong unchecked unsafe ushort using virtual void volatile while "
        + "add alias allows and args ascending async await by descending dynamic equals extension field file from get global group init into join let managed "
        + "nameof nint not notnull nuint on or orderby partial record remove required scoped select set unmanaged value var when where with yield").Split(' '),
        StringComparer.Ordinal);

    /// <summary>An integer, in decimal.</summary>
    public static string Int(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>A constant of a native integer's type, which exceeds 32 bits in models of many parameters.</summary>
    public static string Native(long value) => value > int.MaxValue ? $"unchecked((nint){Int(value)}L)" : Int(value);

    /// <summary>A float that reads back as the same bits; negative ones in parentheses.</summary>
    public static string Float(float value)
    {
        if (float.IsNaN(value)) return "float.NaN";
        if (float.IsPositiveInfinity(value)) return "float.PositiveInfinity";
        if (float.IsNegativeInfinity(value)) return "float.NegativeInfinity";
        return Signed(IsNegative(value), ShortestFloat(Math.Abs(value)) + "f");
    }

    /// <summary>A double that reads back as the same bits; negative ones in parentheses.</summary>
    public static string Double(double value)
    {
        if (double.IsNaN(value)) return "double.NaN";
        if (double.IsPositiveInfinity(value)) return "double.PositiveInfinity";
        if (double.IsNegativeInfinity(value)) return "double.NegativeInfinity";
        return Signed(IsNegative(value), ShortestDouble(Math.Abs(value)) + "d");
    }

    /// <summary>A string literal with quotes.</summary>
    public static string String(string value)
    {
        StringBuilder text = new("\"");
        foreach (char character in value)
        {
            text.Append(character switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                < ' ' or '\u007f' or '\u0085' or '\u2028' or '\u2029' => "\\u" + ((int)character).ToString("x4", CultureInfo.InvariantCulture),
                _ => character.ToString(),
            });
        }

        return text.Append('"').ToString();
    }

    /// <summary>A name, with <c>@</c> where it is a keyword.</summary>
    public static string Identifier(string name) => Keywords.Contains(name) ? "@" + name : name;

    /// <summary>Names joined by dots, each escaped where it is a keyword.</summary>
    public static string QualifiedName(string name) => string.Join(".", name.Split('.').Select(Identifier));

    /// <summary>Text inside an XML documentation comment.</summary>
    public static string Xml(string text) => text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");

    // 1 / -0 is -infinity: older runtimes print -0 as 0, so the sign cannot be left to ToString.
    private static bool IsNegative(double value) => value < 0 || (value == 0 && double.IsNegativeInfinity(1 / value));

    private static string Signed(bool negative, string magnitude) => negative ? "(-" + magnitude + ")" : magnitude;

    // Fewest digits that read back exactly, so that 0.1f is 0.1f and not 0.100000001f. "R" is not used: runtimes differ in it.
    private static string ShortestFloat(float value)
    {
        for (int digits = 6; digits < 9; digits++)
        {
            string text = value.ToString("G" + digits, CultureInfo.InvariantCulture);
            if (float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float read) && read == value) return text;
        }

        return value.ToString("G9", CultureInfo.InvariantCulture);
    }

    private static string ShortestDouble(double value)
    {
        for (int digits = 15; digits < 17; digits++)
        {
            string text = value.ToString("G" + digits, CultureInfo.InvariantCulture);
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double read) && read == value) return text;
        }

        return value.ToString("G17", CultureInfo.InvariantCulture);
    }
}
