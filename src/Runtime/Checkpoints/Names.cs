namespace ModelDsl.Checkpoints;

/// <summary>Finds what somebody may have meant.</summary>
internal static class Names
{
    private const int LongestCompared = 200;
    private const int MostCandidates = 1024;

    /// <summary>The candidate with the smallest edit distance to <paramref name="name"/>, if it is near: at most 40 % of the characters differ.</summary>
    public static string? Nearest(string name, IEnumerable<string> candidates)
    {
        if (name.Length > LongestCompared) return null;
        string? nearest = null;
        int limit = (int)(name.Length * 0.4) + 1;
        foreach (string candidate in candidates.Take(MostCandidates))
        {
            if (candidate.Length > LongestCompared || Math.Abs(candidate.Length - name.Length) >= limit) continue;
            int distance = Distance(name, candidate);
            if (distance >= limit) continue;
            limit = distance;
            nearest = candidate;
        }

        return nearest;
    }

    /// <summary>Insertions, deletions and replacements between two names, upper and lower case alike; of names up to a few hundred characters.</summary>
    internal static int Distance(string left, string right)
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
