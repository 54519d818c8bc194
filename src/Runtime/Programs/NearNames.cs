using ModelDsl.Checkpoints;

namespace ModelDsl.Programs;

/// <summary>Finds the names a misspelt one was probably meant to be, for error messages.</summary>
internal static class NearNames
{
    private const int LongestCompared = 200;

    /// <summary>Up to <paramref name="count"/> of <paramref name="known"/>, nearest first: by edit distance, a shared ending counting as near.</summary>
    public static string[] Find(string name, IEnumerable<string> known, int count = 3)
    {
        string ending = name[(name.LastIndexOf('.') + 1)..];
        return [.. known
            .Where(candidate => Math.Max(candidate.Length, name.Length) <= LongestCompared)
            .Select(candidate => (candidate, distance: Names.Distance(name, candidate) - (ending.Length > 0 && candidate.EndsWith(ending, StringComparison.Ordinal) ? 2 : 0)))
            .Where(pair => pair.distance <= Math.Max(3, name.Length / 2))
            .OrderBy(pair => pair.distance).ThenBy(pair => pair.candidate, StringComparer.Ordinal)
            .Take(count).Select(pair => pair.candidate)];
    }

    /// <summary>A sentence naming the near names, or the first few known ones where none is near.</summary>
    public static string Suggest(string name, IReadOnlyCollection<string> known)
    {
        string[] near = Find(name, known);
        if (near.Length > 0) return $"Did you mean {string.Join(", ", near.Select(n => $"'{n}'"))}?";
        return known.Count == 0 ? "There are none." : $"There are {known.Count}, such as {string.Join(", ", known.Take(3).Select(n => $"'{n}'"))}.";
    }
}
