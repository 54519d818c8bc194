using System.Runtime.CompilerServices;
using ModelDsl.Memory;

namespace ModelDsl.Threading;

/// <summary>
/// Threads that live as long as the pool and run parallel loops over tiles. The calling thread is worker 0 and takes part.
/// Between loops the others spin for a short while, then sleep; starting a loop allocates nothing.
/// </summary>
public sealed unsafe partial class WorkerPool : IDisposable
{
    private const int SpinsBeforeSleep = 4000;

    private readonly Thread[] threads;
    private readonly SemaphoreSlim wake = new(0);
    private delegate*<void*, int, int, void> entry;
    private void* body;
    private int tiles;
    private int next;
    private int generation;
    private int running;
    private int asleep;
    private volatile bool stopped;
    private Exception? failure;

    /// <summary>Starts a pool.</summary>
    /// <param name="threads">Workers, the caller included; 0 for one a processor.</param>
    public WorkerPool(int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        Threads = threads == 0 ? Environment.ProcessorCount : threads;
        local = new Arena?[Threads];
        this.threads = new Thread[Threads - 1];
        for (int i = 0; i < this.threads.Length; i++)
        {
            int worker = i + 1;
            this.threads[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"ModelDsl worker {worker}" };
            this.threads[i].Start();
        }
    }

    /// <summary>Number of workers, the calling thread included.</summary>
    public int Threads { get; }

    /// <summary>Runs <paramref name="body"/> once for every tile and returns when all are done. Not reentrant; one caller at a time.</summary>
    public void Run<TBody>(int tiles, in TBody body) where TBody : struct, IParallelBody
    {
        if (tiles <= 0) return;
        TBody local = body;
        if (tiles == 1 || threads.Length == 0)
        {
            for (int tile = 0; tile < tiles; tile++) local.Run(tile, 0);
            return;
        }

        this.body = Unsafe.AsPointer(ref local);
        entry = &Invoke<TBody>;
        this.tiles = tiles;
        next = 0;
        running = threads.Length;
        Interlocked.Increment(ref generation);
        int sleepers = Volatile.Read(ref asleep);
        if (sleepers > 0) wake.Release(sleepers);

        Claim(0);
        SpinWait spin = default;
        while (Volatile.Read(ref running) > 0) spin.SpinOnce(-1);
        if (failure is { } thrown)
        {
            failure = null;
            throw new InvalidOperationException("A worker thread failed; see the inner exception.", thrown);
        }
    }

    /// <summary>Ends the threads.</summary>
    public void Dispose()
    {
        if (stopped) return;
        stopped = true;
        Interlocked.Increment(ref generation);
        wake.Release(threads.Length + 1);
        foreach (Thread thread in threads) thread.Join();
        wake.Dispose();
        shared?.Dispose();
        foreach (Arena? arena in local) arena?.Dispose();
    }

    private static void Invoke<TBody>(void* body, int tile, int worker) where TBody : struct, IParallelBody
        => Unsafe.AsRef<TBody>(body).Run(tile, worker);

    private void Claim(int worker)
    {
        try
        {
            for (int tile; (tile = Interlocked.Increment(ref next) - 1) < tiles;) entry(body, tile, worker);
        }
#pragma warning disable CA1031 // Whatever a tile throws belongs to the caller of Run.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref failure, exception, null);
            Volatile.Write(ref next, tiles);
        }
    }

    private void Work(int worker)
    {
        int seen = 0;
        while (true)
        {
            for (int spins = 0; Volatile.Read(ref generation) == seen && spins < SpinsBeforeSleep; spins++) Thread.SpinWait(20);
            if (Volatile.Read(ref generation) == seen)
            {
                Interlocked.Increment(ref asleep);
                while (Volatile.Read(ref generation) == seen) wake.Wait(100);
                Interlocked.Decrement(ref asleep);
            }

            seen = Volatile.Read(ref generation);
            if (stopped) return;
            Claim(worker);
            Interlocked.Decrement(ref running);
        }
    }
}
