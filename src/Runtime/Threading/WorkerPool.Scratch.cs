using ModelDsl.Memory;

namespace ModelDsl.Threading;

public sealed unsafe partial class WorkerPool
{
    private readonly Arena?[] local;
    private Arena? shared;

    /// <summary>Bytes of packing scratch in use: the machine's, not the model's, since it depends on threads and vector width.</summary>
    public long ScratchBytes => ((shared?.Length ?? 0) + local.Sum(arena => (long)(arena?.Length ?? 0))) * sizeof(float);

    /// <summary>
    /// Scratch of one worker, contents undefined, valid until that worker asks again. Grows on first use and is kept, so that a
    /// repeated step allocates nothing.
    /// </summary>
    public F32 Local(int worker, nint floats) => Grow(ref local[worker], floats);

    /// <summary>Scratch that all workers of one loop share; asked for by the caller before the loop starts, valid until it asks again.</summary>
    public F32 Shared(nint floats) => Grow(ref shared, floats);

    private static F32 Grow(ref Arena? arena, nint floats)
    {
        if (arena is null || arena.Length < floats)
        {
            arena?.Dispose();
            arena = new Arena(floats);
        }

        return arena.Data;
    }
}
