using ModelDsl.Memory;

namespace ModelDsl.Threading;

public sealed unsafe partial class WorkerPool
{
    /// <summary>Number of independent blocks of shared scratch.</summary>
    public const int SharedSlots = 3;

    private readonly Arena?[] local;
    private readonly Arena?[] shared = new Arena?[SharedSlots];

    /// <summary>Bytes of packing scratch in use: the machine's, not the model's, since it depends on threads and vector width.</summary>
    public long ScratchBytes => (shared.Sum(Length) + local.Sum(Length)) * sizeof(float);

    /// <summary>
    /// Scratch of one worker, aligned to a cache line, contents undefined, valid until that worker asks again. Grows on first use and is
    /// kept, so that a repeated step allocates nothing; ask <see cref="Reserve"/> before the loop, since which worker runs which tile varies.
    /// </summary>
    public F32 Local(int worker, nint floats) => Grow(ref local[worker], floats);

    /// <summary>Makes every worker's scratch at least this large, so that <see cref="Local"/> allocates nothing inside the loop. Called between loops.</summary>
    public void Reserve(nint floats)
    {
        foreach (ref Arena? arena in local.AsSpan()) Grow(ref arena, floats);
    }

    /// <summary>Scratch that all workers of one loop share; asked for by the caller before the loop starts, valid until that slot is asked for again.</summary>
    /// <param name="floats">Size.</param>
    /// <param name="slot">Below <see cref="SharedSlots"/>; by use: 0 and 1 belong to matrix products, 2 to whoever else needs one.</param>
    public F32 Shared(nint floats, int slot = 2) => Grow(ref shared[slot], floats);

    private static long Length(Arena? arena) => arena?.Length ?? 0;

    private static F32 Grow(ref Arena? arena, nint floats)
    {
        if (arena is null || arena.Length < floats)
        {
            arena?.Dispose();
            arena = null;
            arena = new Arena(floats);
        }

        return arena.Data;
    }

    private void Free()
    {
        foreach (Arena? arena in shared) arena?.Dispose();
        foreach (Arena? arena in local) arena?.Dispose();
    }
}
