using System.Runtime.CompilerServices;
using System.Text;

namespace ModelDsl.Compiler.Emission;

/// <summary>
/// Writes C# text: four spaces a level, lines ended by <c>\n</c>, and numbers that read the same in every culture.
/// An interpolated <c>$"{x}"</c> writes floats, doubles and booleans as C# literals (see <see cref="CSharpLiterals"/>).
/// </summary>
internal sealed class CodeWriter
{
    private const string Indentation = "    ";

    private readonly StringBuilder text = new();
    private int level;
    private bool lineHasText;

    /// <summary>Writes a whole line.</summary>
    public CodeWriter Line(string line)
    {
        Append(line);
        return Line();
    }

    /// <summary>Writes a whole line.</summary>
    public CodeWriter Line([InterpolatedStringHandlerArgument("")] ref Interpolation line) => Line();

    /// <summary>Ends the line, or writes an empty one.</summary>
    public CodeWriter Line()
    {
        text.Append('\n');
        lineHasText = false;
        return this;
    }

    /// <summary>Writes a part of a line; line breaks inside it start new, indented lines.</summary>
    public CodeWriter Append(string part)
    {
        int start = 0;
        for (int end = part.IndexOf('\n'); end >= 0; end = part.IndexOf('\n', start))
        {
            AppendWithinLine(part, start, end > start && part[end - 1] == '\r' ? end - 1 : end);
            Line();
            start = end + 1;
        }

        AppendWithinLine(part, start, part.Length);
        return this;
    }

    /// <summary>Writes a part of a line.</summary>
    public CodeWriter Append([InterpolatedStringHandlerArgument("")] ref Interpolation part) => this;

    /// <summary>Writes <c>header</c>, an opening brace, and indents until the result is disposed: <c>using (writer.Block("if (x)")) ...</c></summary>
    public Scope Block(string header)
    {
        Line(header);
        return Open();
    }

    /// <summary>Writes <c>header</c>, an opening brace, and indents until the result is disposed.</summary>
    public Scope Block([InterpolatedStringHandlerArgument("")] ref Interpolation header)
    {
        Line();
        return Open();
    }

    /// <summary>Writes an opening brace and indents until the result is disposed, which writes the closing brace and <paramref name="suffix"/>.</summary>
    public Scope Open(string suffix = "")
    {
        Line("{");
        level++;
        return new Scope(this, "}" + suffix);
    }

    /// <summary>Indents until the result is disposed, without braces: continued lines.</summary>
    public Scope Indent()
    {
        level++;
        return new Scope(this, closing: null);
    }

    /// <summary>Writes a <c>//</c> comment, one line a line of the text.</summary>
    public CodeWriter Comment(string comment) => Prefixed("// ", comment);

    /// <summary>Writes an XML documentation summary; the text is escaped.</summary>
    public CodeWriter Summary(string summary)
    {
        string escaped = CSharpLiterals.Xml(summary);
        return escaped.IndexOf('\n') < 0
            ? Line("/// <summary>" + escaped + "</summary>")
            : Prefixed("/// ", "<summary>\n" + escaped + "\n</summary>");
    }

    /// <summary>Everything written.</summary>
    public override string ToString() => text.ToString();

    private CodeWriter Prefixed(string prefix, string lines)
    {
        foreach (string line in lines.Split('\n')) Line((prefix + line).TrimEnd());
        return this;
    }

    private void AppendWithinLine(string part, int start, int end)
    {
        if (start == end) return;
        if (!lineHasText)
        {
            for (int depth = 0; depth < level; depth++) text.Append(Indentation);
            lineHasText = true;
        }

        text.Append(part, start, end - start);
    }

    /// <summary>Ends an indented part when disposed.</summary>
    public readonly struct Scope(CodeWriter writer, string? closing) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose()
        {
            writer.level--;
            if (closing is not null) writer.Line(closing);
        }
    }

    /// <summary>Writes the parts of an interpolated string straight into the writer.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Interpolation
    {
        private readonly CodeWriter writer;

        public Interpolation(int literalLength, int formattedCount, CodeWriter writer) => this.writer = writer;

        public void AppendLiteral(string literal) => writer.Append(literal);

        public void AppendFormatted(string? value) => writer.Append(value ?? "");

        public void AppendFormatted(char value) => writer.Append(value.ToString());

        public void AppendFormatted(int value) => writer.Append(CSharpLiterals.Int(value));

        public void AppendFormatted(long value) => writer.Append(CSharpLiterals.Int(value));

        public void AppendFormatted(float value) => writer.Append(CSharpLiterals.Float(value));

        public void AppendFormatted(double value) => writer.Append(CSharpLiterals.Double(value));

        public void AppendFormatted(bool value) => writer.Append(value ? "true" : "false");
    }
}
