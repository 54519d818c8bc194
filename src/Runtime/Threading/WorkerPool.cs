using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using ModelDsl.Memory;

namespace ModelDsl.Threading;

/// <summary>
/// Threads that live as long as the pool and run parallel loops over tiles. The calling thread is worker 0 and takes part. Each worker
/// starts with a share of neighbouring tiles and then helps the others: tiles are claimed one by one, so that a slow worker delays nobody.
/// Between loops the others spin for a millisecond, then sleep; starting a loop allocates nothing.
/// </summary>
/// <remarks>
/// A loop is published through one word, the gate: its generation, whether it is open, and how many workers are inside. A worker
/// enters by a compare-and-swap that succeeds only while that very loop is open, so one that comes late can neither take a tile of
/// a later loop with an earlier body nor delay the caller, who waits only for those inside.
/// </remarks>
public sealed unsafe partial class WorkerPool : IDisposable
{
    /// <summary>Most workers of a pool.</summary>
    public const int MostThreads = 1024;

    private readonly Seat[] seats;
    private readonly Thread[] threads;
    private LoopState loop;
    private delegate*<void*, int, int, void> entry;
    private void* body;
    private readonly Share[] shares;
    private int busy;
    private volatile bool stopped;
    private ExceptionDispatchInfo? failure;

    /// <summary>Starts a pool.</summary>
    /// <param name="threads">Workers, the caller included, up to <see cref="MostThreads"/>; 0 for one a processor. More than processors is allowed.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative number, or more than <see cref="MostThreads"/>.</exception>
    /// <exception cref="InsufficientMemoryException">The system does not let the process have that many threads.</exception>
    public WorkerPool(int threads = 0)
    {
        if (!IsAllowed(threads)) throw new ArgumentOutOfRangeException(nameof(threads), threads, Rule);
        Threads = Count(threads);
        local = new Arena?[Threads];
        shares = new Share[Threads];
        seats = new Seat[Threads - 1];
        this.threads = new Thread[Threads - 1];
        for (int i = 0; i < seats.Length; i++)
        {
            int worker = i + 1;
            seats[i] = new Seat();
            this.threads[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"ModelDsl worker {worker}" };
            try
            {
                this.threads[i].UnsafeStart();
            }
            catch (Exception exception) when (exception is OutOfMemoryException or ThreadStartException)
            {
                stopped = true;
                for (int started = 0; started < i; started++)
                {
                    seats[started].Wake();
                    this.threads[started].Join();
                }

                throw new InsufficientMemoryException($"Only {worker} of {Threads} threads could be started: the system's limit on threads or memory is reached. Ask for fewer threads.", exception);
            }
        }
    }

    /// <summary>What holds of a number of threads, to follow what it is.</summary>
    internal static string Rule { get; } = $"it must be 0 (one a processor) to {MostThreads}";

    /// <summary>Whether a pool can have this number of threads.</summary>
    internal static bool IsAllowed(int threads) => threads is >= 0 and <= MostThreads;

    /// <summary>The number of workers of a pool: 0 is one a processor.</summary>
    internal static int Count(int threads) => threads == 0 ? Math.Min(Environment.ProcessorCount, MostThreads) : threads;

    /// <summary>Number of workers, the calling thread included.</summary>
    public int Threads { get; }

    /// <summary>
    /// Runs <paramref name="body"/> once for every tile and returns when all are done. One caller at a time, and not from inside a tile.
    /// </summary>
    /// <exception cref="InvalidOperationException">Another loop of this pool is running.</exception>
    /// <exception cref="ObjectDisposedException">After <see cref="Dispose"/>.</exception>
    /// <remarks>
    /// The first exception of a tile is thrown here, after the other workers have stopped; which tiles ran is then undefined.
    /// <see cref="Thread.Interrupt"/> does not end a loop: it takes effect where the caller next waits.
    /// </remarks>
    public void Run<TBody>(int tiles, in TBody body) where TBody : struct, IParallelBody
    {
        if (tiles <= 0) return;
        ObjectDisposedException.ThrowIf(stopped, this);
        if (Interlocked.CompareExchange(ref busy, 1, 0) != 0)
            throw new InvalidOperationException("Another loop of this pool is running; loops neither nest nor overlap.");

        try
        {
            TBody copy = body;
            if (tiles == 1 || threads.Length == 0)
            {
                for (int tile = 0; tile < tiles; tile++) copy.Run(tile, 0);
                return;
            }

            this.body = Unsafe.AsPointer(ref copy);
            entry = &Invoke<TBody>;
            for (int worker = 0; worker < shares.Length; worker++) shares[worker] = new Share(tiles, worker, shares.Length);
            Start(tiles);
            Claim(0);
            Finish();
        }
        finally
        {
            Volatile.Write(ref busy, 0);
        }
    }

    /// <summary>Workers that sleep.</summary>
    internal int Sleepers => seats.Count(seat => seat.Asleep);

    /// <summary>Ends the threads and frees the scratch. Not while a loop runs.</summary>
    public void Dispose()
    {
        if (stopped) return;
        stopped = true;
        foreach (Seat seat in seats) seat.Wake();
        try
        {
            foreach (Thread thread in threads) thread.Join();
        }
        finally
        {
            Free();
        }
    }

    private static void Invoke<TBody>(void* body, int tile, int worker) where TBody : struct, IParallelBody
        => Unsafe.AsRef<TBody>(body).Run(tile, worker);

    private void Start(int tiles)
    {
        loop.Open();
        int wanted = Math.Min(seats.Length, tiles - 1);
        for (int i = 0; i < wanted; i++)
        {
            if (seats[i].Asleep) seats[i].Wake();
        }
    }

    private void Finish()
    {
        loop.Close();
        for (int spins = 0; loop.Occupied && spins < 1000; spins++) Thread.SpinWait(1);

        // Workers inside read the body on this thread's stack. SpinWait would sleep, and a sleep ends by Thread.Interrupt.
        while (loop.Occupied) Thread.Yield();
        if (failure is { } thrown)
        {
            failure = null;
            thrown.Throw();
        }
    }

    private void Claim(int worker)
    {
        try
        {
            // The own share first, front to back, so that what neighbouring tiles read streams; then what others have left.
            for (int i = 0, owner = worker; i < shares.Length; i++, owner = owner + 1 < shares.Length ? owner + 1 : 0)
            {
                while (shares[owner].Claim(out int tile)) entry(body, tile, worker);
            }
        }
#pragma warning disable CA1031 // Whatever a tile throws belongs to the caller of Run.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(exception), null);
            foreach (ref Share share in shares.AsSpan()) share.Close();
        }
    }

    private void Work(int worker)
    {
        Seat seat = seats[worker - 1];
        long seen = 0;
        while (true)
        {
            if (loop.Enter(ref seen))
            {
                Claim(worker);
                loop.Leave();
            }
            else if (stopped)
            {
                return;
            }
            else
            {
                Rest(seat, seen);
            }
        }
    }

    private void Rest(Seat seat, long seen)
    {
        // With more threads than processors a spinning worker would hold back a working one.
        long patience = Threads > Environment.ProcessorCount ? 0 : System.Diagnostics.Stopwatch.Frequency / 1000;
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        do
        {
            for (int spins = 0; spins < 32; spins++)
            {
                if (loop.OpenSince(seen) || stopped) return;
                Thread.SpinWait(1);
            }
        }
        while (System.Diagnostics.Stopwatch.GetTimestamp() - start < patience);

        seat.Announce();
        if (loop.OpenSince(seen) || stopped) seat.Rise();
        else seat.Sleep();
    }
}
