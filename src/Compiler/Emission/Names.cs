using System.Text;

namespace ModelDsl.Compiler.Emission;

/// <summary>Hands out C# names that are unique within a scope, from paths such as <c>Blocks.Attention.PreNorm</c>.</summary>
internal sealed class Names
{
    private readonly HashSet<string> taken = new(StringComparer.Ordinal);

    public Names(params string[] reserved) => taken.UnionWith(reserved);

    /// <summary>A name not handed out before: <paramref name="wanted"/>, or that with a number.</summary>
    public string Unique(string wanted)
    {
        string name = wanted;
        for (int i = 2; !taken.Add(name); i++) name = wanted + CSharpLiterals.Int(i);
        return name;
    }

    /// <summary>A path as one word, every step capitalised.</summary>
    public static string Pascal(string path)
    {
        StringBuilder text = new();
        foreach (string step in path.Split('.'))
        {
            if (step.Length == 0 || step[0] == '{') continue;
            text.Append(char.ToUpperInvariant(step[0])).Append(step, 1, step.Length - 1);
        }

        return text.ToString();
    }

    /// <summary>The last steps of a path as one word that starts small.</summary>
    public static string Camel(string path, int steps)
    {
        string[] parts = [.. path.Split('.').Where(step => step.Length > 0 && step[0] != '{')];
        string word = Pascal(string.Join(".", parts.Skip(Math.Max(0, parts.Length - steps))));
        return word.Length == 0 ? "value" : char.ToLowerInvariant(word[0]) + word.Substring(1);
    }
}
