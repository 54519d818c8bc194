using ModelDsl.Memory;

namespace ModelDsl.Kernels;

/// <summary>Which keys a query sees: always one interval, so that masks are comparisons with two bounds and whole blocks are skipped.</summary>
/// <param name="shape">The attention.</param>
/// <param name="starts">Null, or the position of each sequence's row 0 where earlier keys are held in a cache.</param>
internal readonly struct AttentionBounds(in AttentionShape shape, I32 starts)
{
    private readonly int time = shape.Time;
    private readonly int window = shape.Window;
    private readonly bool causal = shape.Causal || shape.Window > 0 || !starts.IsNull;
    private readonly I32 segments = shape.SegmentStarts;
    private readonly I32 starts = starts;

    /// <summary>Keys that exist for a sequence: those held before and its own rows.</summary>
    public int Keys(int batch) => (starts.IsNull ? 0 : starts[batch]) + time;

    /// <summary>The interval [low, high) of keys that row <paramref name="t"/> of a sequence sees; high is at most <see cref="Keys"/>.</summary>
    public (int Low, int High) Of(int batch, int t)
    {
        int position = (starts.IsNull ? 0 : starts[batch]) + t;
        int low = segments.IsNull ? 0 : segments[(nint)batch * time + t];
        if (window > 0) low = Math.Max(low, position - window + 1);
        return (low, causal ? position + 1 : segments.IsNull ? time : DocumentEnd(batch, t));
    }

    /// <summary>The first later row whose document starts after row t: starts do not decrease, so it can be bisected.</summary>
    private int DocumentEnd(int batch, int t)
    {
        I32 own = segments.At((nint)batch * time);
        int low = t + 1, high = time;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (own[middle] > t) high = middle;
            else low = middle + 1;
        }

        return low;
    }
}
