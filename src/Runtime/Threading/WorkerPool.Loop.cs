using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelDsl.Threading;

public sealed unsafe partial class WorkerPool
{
    /// <summary>The neighbouring tiles a worker starts with, on cache lines of its own (two, since neighbours are prefetched in pairs).</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Share(int tiles, int worker, int workers)
    {
        /// <summary>The next unclaimed tile; 64 bits, because workers count on past the end.</summary>
        [FieldOffset(128)]
        private long next = (long)tiles * worker / workers;

        [FieldOffset(136)]
        private readonly long end = (long)tiles * (worker + 1) / workers;

        /// <summary>Takes the next tile, unless all are taken.</summary>
        public bool Claim(out int tile)
        {
            // Read first: a worker that looks for what is left does not take the line from those at work.
            long claimed = Volatile.Read(ref next);
            if (claimed < end) claimed = Interlocked.Increment(ref next) - 1;
            tile = (int)claimed;
            return claimed < end;
        }

        /// <summary>Leaves no tile to claim.</summary>
        public void Close() => Volatile.Write(ref next, end);
    }

    /// <summary>The word that says which loop is open, on cache lines of its own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct LoopState
    {
        /// <summary>Mask of the number of workers inside.</summary>
        public const long Inside = 0xFFFF;

        private const long IsOpen = 0x10000;
        private const int GenerationShift = 17;

        [FieldOffset(128)]
        private long gate;

        /// <summary>Somebody is still inside.</summary>
        public readonly bool Occupied => (Volatile.Read(in gate) & Inside) != 0;

        /// <summary>Publishes the next loop; a full fence, so that sleepers are looked for only afterwards.</summary>
        public void Open() => Interlocked.Exchange(ref gate, ((gate >> GenerationShift) + 1) << GenerationShift | IsOpen);

        /// <summary>Lets nobody in any more.</summary>
        public void Close() => Interlocked.And(ref gate, ~IsOpen);

        /// <summary>A loop other than <paramref name="seen"/> can be entered.</summary>
        public readonly bool OpenSince(long seen)
        {
            long now = Volatile.Read(in gate);
            return (now & IsOpen) != 0 && now >> GenerationShift != seen;
        }

        /// <summary>Enters the open loop, unless it is the one entered last.</summary>
        public bool Enter(ref long seen)
        {
            long now = Volatile.Read(in gate);
            while ((now & IsOpen) != 0 && now >> GenerationShift != seen)
            {
                long found = Interlocked.CompareExchange(ref gate, now + 1, now);
                if (found == now)
                {
                    seen = now >> GenerationShift;
                    return true;
                }

                now = found;
            }

            return false;
        }

        /// <summary>Leaves; what the worker wrote is visible to whoever sees it gone.</summary>
        public void Leave() => Interlocked.Decrement(ref gate);
    }

    /// <summary>Where one worker sleeps.</summary>
    private sealed class Seat
    {
        private int asleep;

        /// <summary>The worker sleeps or is about to.</summary>
        public bool Asleep => Volatile.Read(ref asleep) != 0;

        /// <summary>Says that the worker is about to sleep; a full fence, so that it looks for work only afterwards.</summary>
        public void Announce() => Interlocked.Exchange(ref asleep, 1);

        /// <summary>Takes the announcement back.</summary>
        public void Rise() => Volatile.Write(ref asleep, 0);

        /// <summary>Sleeps until woken, not at all if that happened since the announcement.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public void Sleep()
        {
            lock (this)
            {
                while (asleep != 0) Monitor.Wait(this);
            }
        }

        /// <summary>Wakes the worker. Held for a moment only, the lock is tried and not waited for: Thread.Interrupt ends such a wait, in the middle of a loop.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public void Wake()
        {
            while (!Monitor.TryEnter(this)) Thread.Yield();
            asleep = 0;
            Monitor.Pulse(this);
            Monitor.Exit(this);
        }
    }
}
