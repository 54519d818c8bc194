namespace ModelDsl;

/// <summary>Selection without sorting everything (Hoare's quickselect).</summary>
internal static class Selection
{
    /// <summary>Moves the <paramref name="count"/> smallest of distinct keys to the front, in no particular order.</summary>
    public static void Smallest(Span<ulong> keys, int count)
    {
        int low = 0, high = keys.Length - 1;
        while (low < high)
        {
            ulong pivot = Median(keys[low], keys[low + (high - low) / 2], keys[high]);
            int i = low - 1, j = high + 1;
            while (true)
            {
                do i++; while (keys[i] < pivot);
                do j--; while (keys[j] > pivot);
                if (i >= j) break;
                (keys[i], keys[j]) = (keys[j], keys[i]);
            }

            // low..j are at most the pivot, j+1..high at least.
            if (count <= j) high = j;
            else low = j + 1;
        }
    }

    private static ulong Median(ulong a, ulong b, ulong c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
}
