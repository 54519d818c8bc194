namespace ModelDsl.Programs;

/// <summary>Finds the names a misspelt one was probably meant to be, for error messages.</summary>
internal static class NearNames
{
    private const int LongestCompared = 200;
    private const int MostCandidates = 1024;

    /// <summary>Up to <paramref name="count"/> of <paramref name="known"/>, nearest first: by edit distance, a shared ending counting as near.</summary>
    public static string[] Find(string name, IEnumerable<string> known, int count = 3)
    {
        string ending = name[(name.LastIndexOf('.') + 1)..];
        return [.. known
            .Take(MostCandidates)
            .Where(candidate => Math.Max(candidate.Length, name.Length) <= LongestCompared)
            .Select(candidate => (candidate, distance: Distance(name, candidate) - (ending.Length > 0 && candidate.EndsWith(ending, StringComparison.Ordinal) ? 2 : 0)))
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

    /// <summary>Insertions, deletions and replacements between two names, upper and lower case alike; of names up to a few hundred characters.</summary>
    private static int Distance(string left, string right)
    {
        Span<int> row = stackalloc int[right.Length + 1];
        for (int j = 0; j <= right.Length; j++) row[j] = j;
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int replaced = diagonal + (char.ToUpperInvariant(left[i - 1]) == char.ToUpperInvariant(right[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(diagonal, row[j - 1]) + 1);
            }
        }

        return row[right.Length];
    }
}
