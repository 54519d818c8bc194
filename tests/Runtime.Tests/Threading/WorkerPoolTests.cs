using ModelDsl.Memory;
using ModelDsl.Threading;

namespace ModelDsl.Runtime.Tests.Threading;

public class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(9)]
    public unsafe void EveryTileRunsOnceInItsOwnLoop(int threads)
    {
        using WorkerPool pool = new(threads);
        Random random = new(threads);
        int[] counts = new int[40];
        fixed (int* first = counts)
        {
            for (int loop = 1; loop < 3000; loop++)
            {
                int tiles = random.Next(0, counts.Length);

                // Two kinds of body in turn: a late worker that kept the last one would add to the wrong cells or the wrong amount.
                if (loop % 2 == 0) pool.Run(tiles, new Add { Counts = first, Amount = 1, Threads = threads });
                else pool.Run(tiles, new AddReversed { Counts = first, Amount = 1000, Last = tiles - 1 });
                int amount = loop % 2 == 0 ? 1 : 1000;
                for (int i = 0; i < counts.Length; i++) Assert.Equal(i < tiles ? amount : 0, counts[i]);
                Array.Clear(counts);
                if (loop % 500 == 0) Thread.Sleep(5); // long enough for the workers to fall asleep
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public unsafe void AnExceptionOfATileReachesTheCallerAndThePoolGoesOn(int threads)
    {
        using WorkerPool pool = new(threads);
        int* counts = stackalloc int[8];
        for (int i = 0; i < 50; i++)
        {
            Assert.Throws<NotFiniteNumberException>(() => pool.Run(100, new Fail { At = i }));
            new Span<int>(counts, 8).Clear();
            pool.Run(8, new Add { Counts = counts, Amount = 1, Threads = threads });
            for (int j = 0; j < 8; j++) Assert.Equal(1, counts[j]);
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(WorkerPool.MostThreads + 1)]
    [InlineData(60_000)]
    public void A_number_of_threads_out_of_range_is_refused_before_any_is_started(int threads)
    {
        Assert.Contains("0 (one a processor) to 1024", Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerPool(threads)).Message, StringComparison.Ordinal);
        using ModelInstance model = ModelInstance.Create(new Training.BigramProgram(20), 1);
        foreach (Action action in new Action[]
        {
            () => model.CreateTrainer(new TrainerOptions { Threads = threads }),
            () => model.CreateDecoder(new DecoderOptions { Threads = threads }),
            () => model.CreateModule(new ModuleOptions { Threads = threads }),
        })
            Assert.Contains($"Threads is {threads}: it must be 0 (one a processor) to 1024", Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void LoopsDoNotNest(int threads)
    {
        using WorkerPool pool = new(threads);
        Assert.Throws<InvalidOperationException>(() => pool.Run(4, new Nest { Pool = pool }));
    }

    [Fact]
    public unsafe void IdleWorkersFallAsleepAndWakeAgain()
    {
        using WorkerPool pool = new(4);
        int* counts = stackalloc int[100];
        for (int i = 0; i < 20; i++)
        {
            Assert.True(SpinWait.SpinUntil(() => pool.Sleepers == 3, TimeSpan.FromSeconds(10)));
            new Span<int>(counts, 100).Clear();
            pool.Run(100, new Add { Counts = counts, Amount = 1, Threads = 4 });
            for (int j = 0; j < 100; j++) Assert.Equal(1, counts[j]);
        }
    }

    /// <summary>An exception out of the middle of a loop would leave workers in it, with a body that is gone.</summary>
    [Fact]
    public unsafe void AnInterruptedCallerStillFinishesItsLoop()
    {
        using WorkerPool pool = new(4);
        int* counts = stackalloc int[40];
        for (int loop = 0; loop < 3000; loop++)
        {
            new Span<int>(counts, 40).Clear();
            Thread.CurrentThread.Interrupt();
            pool.Run(40, new SlowAdd { Counts = counts, Spins = loop % 7 * 100 });
            for (int i = 0; i < 40; i++) Assert.Equal(1, counts[i]);

            // Nor is the interruption lost: it comes where the caller next waits.
            Assert.Throws<ThreadInterruptedException>(() => Thread.Sleep(Timeout.Infinite));
            if (loop % 500 == 0) Assert.True(SpinWait.SpinUntil(() => pool.Sleepers == 3, TimeSpan.FromSeconds(10)));
        }
    }

    [Fact]
    public void DisposingEndsThePool()
    {
        WorkerPool pool = new(3);
        pool.Dispose();
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pool.Run(1, new Fail { At = 7 }));
    }

    [Fact]
    public void ReservedScratchStaysWhereItIs()
    {
        using WorkerPool pool = new(2);
        pool.Reserve(1000);
        long bytes = pool.ScratchBytes;
        F32 scratch = pool.Local(1, 700);
        scratch[699] = 3;
        Assert.Equal(3, pool.Local(1, 1000)[699]);
        Assert.Equal(bytes, pool.ScratchBytes);
    }

    private unsafe struct Add : IParallelBody
    {
        public int* Counts;
        public int Amount, Threads;

        public readonly void Run(int tile, int worker)
        {
            if ((uint)worker >= (uint)Threads) throw new InvalidOperationException("worker index out of range");
            Interlocked.Add(ref Counts[tile], Amount);
        }
    }

    private unsafe struct SlowAdd : IParallelBody
    {
        public int* Counts;
        public int Spins;

        public readonly void Run(int tile, int worker)
        {
            Thread.SpinWait(Spins);
            Interlocked.Increment(ref Counts[tile]);
        }
    }

    private unsafe struct AddReversed : IParallelBody
    {
        public int* Counts;
        public int Amount, Last;

        public readonly void Run(int tile, int worker) => Interlocked.Add(ref Counts[Last - tile], Amount);
    }

    private struct Fail : IParallelBody
    {
        public int At;

        public readonly void Run(int tile, int worker)
        {
            if (tile == At) throw new NotFiniteNumberException();
        }
    }

    private struct Nest : IParallelBody
    {
        public WorkerPool Pool;

        public readonly void Run(int tile, int worker) => Pool.Run(1, new Fail { At = -1 });
    }
}
