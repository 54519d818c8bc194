using ModelDsl.Threading;

namespace ModelDsl.Programs;

/// <summary>
/// A worker pool and the lock that lets one program at a time run on it. Pools are shared by the whole process, one for each
/// number of threads, so that a trainer and a decoder do not oversubscribe the processors; they live as long as the process.
/// </summary>
internal sealed class SharedWorkers
{
    private static readonly Lock Creation = new();
    private static readonly Dictionary<int, SharedWorkers> Pools = [];

    private SharedWorkers(int threads) => Pool = new WorkerPool(threads);

    /// <summary>The threads.</summary>
    public WorkerPool Pool { get; }

    /// <summary>Held while a program runs: the pool takes one caller at a time.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The pool of a number of threads, 0 for one a processor.</summary>
    public static SharedWorkers Of(int threads)
    {
        int count = WorkerPool.Count(threads);
        lock (Creation)
        {
            if (!Pools.TryGetValue(count, out SharedWorkers? workers)) Pools.Add(count, workers = new SharedWorkers(count));
            return workers;
        }
    }
}
