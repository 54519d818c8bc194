using System.Text;
using System.Xml;

namespace ModelDsl.Data;

/// <summary>
/// Turns a .NET XML documentation file into plain text: for every member a line with its kind and name, then a line for its summary,
/// parameters, result, exceptions, remarks and example, then an empty line. Entities are decoded, references become names, white space is
/// collapsed. The same file always gives the same text.
/// </summary>
internal static class DocumentationText
{
    /// <summary>Converts a file.</summary>
    /// <exception cref="XmlException">It is not well-formed.</exception>
    public static string Convert(TextReader xml)
    {
        StringBuilder text = new();
        using XmlReader reader = XmlReader.Create(xml, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, IgnoreComments = true, IgnoreProcessingInstructions = true });
        StringBuilder words = new();
        while (reader.ReadToFollowing("member"))
        {
            string? id = reader.GetAttribute("name");
            int before = text.Length;
            AppendHeading(text, id ?? "");
            int heading = text.Length;
            using (XmlReader member = reader.ReadSubtree()) AppendMember(text, words, member);
            if (id is null || text.Length == heading) text.Length = before; // nothing is said about it
            else text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Whether a text file is such a document, by its beginning.</summary>
    public static bool IsDocumentation(ReadOnlySpan<char> beginning)
    {
        ReadOnlySpan<char> rest = beginning.TrimStart("\uFEFF \t\r\n");
        if (!rest.StartsWith("<?xml", StringComparison.Ordinal)) return rest.StartsWith("<doc>", StringComparison.Ordinal);
        int end = rest.IndexOf("?>", StringComparison.Ordinal);
        return end >= 0 && rest[(end + 2)..].TrimStart().StartsWith("<doc>", StringComparison.Ordinal);
    }

    /// <summary>A member's documentation id as people write it: <c>M:System.Array.Find``1(``0[],System.Predicate{``0})</c> becomes <c>Method System.Array.Find(T[], System.Predicate&lt;T&gt;)</c>.</summary>
    public static void AppendHeading(StringBuilder text, string id)
    {
        string kind = id.Length > 1 && id[1] == ':' ? id[0] switch { 'T' => "Type ", 'M' => "Method ", 'P' => "Property ", 'F' => "Field ", 'E' => "Event ", 'N' => "Namespace ", _ => "" } : "";
        text.Append(kind);
        AppendName(text, kind.Length > 0 ? id.AsSpan(2) : id);
        text.Append('\n');
    }

    private static void AppendMember(StringBuilder text, StringBuilder words, XmlReader member)
    {
        member.Read(); // the member itself
        member.Read();
        while (!member.EOF)
        {
            if (member.NodeType != XmlNodeType.Element)
            {
                member.Read();
                continue;
            }

            string label = member.LocalName switch
            {
                "summary" => "",
                "param" => $"Parameter {member.GetAttribute("name")}: ",
                "typeparam" => $"Type parameter {member.GetAttribute("name")}: ",
                "returns" => "Returns: ",
                "value" => "Value: ",
                "exception" => $"Throws {ShortName(member.GetAttribute("cref"))}: ",
                "remarks" => "Remarks: ",
                "example" => "Example: ",
                _ => "",
            };
            words.Clear();
            using (XmlReader inner = member.ReadSubtree()) AppendWords(words, inner);
            if (words.Length > 0) text.Append(label).Append(words).Append('\n');
            member.Read(); // past the end of what was read
        }
    }

    private static void AppendWords(StringBuilder words, XmlReader reader)
    {
        bool space = false;
        while (reader.Read())
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Element when reader.Depth > 0:
                    string? inline = reader.LocalName switch
                    {
                        "see" or "seealso" => reader.GetAttribute("langword") ?? (reader.GetAttribute("cref") is { } cref && reader.IsEmptyElement ? ShortName(cref) : null),
                        "paramref" or "typeparamref" => reader.GetAttribute("name"),
                        _ => null,
                    };
                    if (inline is not null) Append(inline);
                    else if (reader.LocalName is "para" or "p" or "br" or "item" or "code" or "list" or "description" or "term") space = true;
                    break;
                case XmlNodeType.EndElement:
                    if (reader.LocalName is "para" or "p" or "item" or "code" or "list" or "description" or "term") space = true;
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace or XmlNodeType.Whitespace:
                    Append(reader.Value);
                    break;
            }
        }

        void Append(string value)
        {
            foreach (char character in value)
            {
                if (char.IsWhiteSpace(character))
                {
                    space = true;
                    continue;
                }

                if (space && words.Length > 0) words.Append(' ');
                space = false;
                words.Append(character);
            }
        }
    }

    // The last part of a type's name, the last two of a member's: what a sentence would call it.
    private static string ShortName(string? cref)
    {
        if (string.IsNullOrEmpty(cref)) return "";
        ReadOnlySpan<char> name = cref.Length > 1 && cref[1] == ':' ? cref.AsSpan(2) : cref;
        int parenthesis = name.IndexOf('(');
        if (parenthesis >= 0) name = name[..parenthesis];
        int parts = cref[0] is 'M' or 'P' or 'F' or 'E' ? 2 : 1;
        int start = name.Length;
        while (parts-- > 0 && start > 0) start = name[..(start - 1)].LastIndexOf('.') + 1;
        StringBuilder text = new();
        AppendName(text, name[start..]);
        return text.ToString();
    }

    // Generic arity (`1 after a name) is left out, generic parameters (`0 elsewhere) are T, T1, T2 ..., braces are angle brackets.
    private static void AppendName(StringBuilder text, ReadOnlySpan<char> name)
    {
        for (int i = 0; i < name.Length; i++)
        {
            switch (name[i])
            {
                case '`':
                    bool arity = i > 0 && (char.IsLetterOrDigit(name[i - 1]) || name[i - 1] == '_');
                    while (i + 1 < name.Length && name[i + 1] == '`') i++;
                    int digits = i + 1;
                    while (i + 1 < name.Length && char.IsAsciiDigit(name[i + 1])) i++;
                    if (arity) break;
                    text.Append('T');
                    if (!name[digits..(i + 1)].SequenceEqual("0")) text.Append(name[digits..(i + 1)]);
                    break;
                case '{':
                    text.Append('<');
                    break;
                case '}':
                    text.Append('>');
                    break;
                case ',':
                    text.Append(", ");
                    break;
                case '~':
                    text.Append(" to ");
                    break;
                case '@':
                    text.Append('&');
                    break;
                case '#':
                    break; // #ctor, #cctor
                default:
                    text.Append(name[i]);
                    break;
            }
        }
    }
}
