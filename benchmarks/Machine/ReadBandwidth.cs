using System.Runtime.CompilerServices;
using ModelDsl.Memory;
using ModelDsl.Simd;

namespace ModelDsl.Benchmarks.Machine;

/// <summary>The rate at which the cores can read memory in order: sums over a buffer far larger than any cache.</summary>
internal sealed class ReadBandwidth : IDisposable
{
    private const nint Floats = 160 << 20;
    private readonly Arena buffer = new(Floats);

    /// <summary>Bytes of a run.</summary>
    public static double Bytes => (double)Floats * sizeof(float);

    /// <summary>Where results go, so that they are computed.</summary>
    public static float Sink { get; private set; }

    /// <summary>Seconds of one run, the buffer divided among the threads.</summary>
    public double Run(int threads)
    {
        // Whole blocks of eight of the widest vectors: the loop reads nothing else.
        nint share = Floats / threads / 128 * 128;
        return MachineLoad.Run(threads, thread => Vectors.Run(new Body(buffer.Data.At(thread * share), share)));
    }

    /// <summary>Frees the buffer.</summary>
    public void Dispose() => buffer.Dispose();

    private readonly struct Body(F32 data, nint count) : ISimdBody
    {
        public void Run<S>() where S : unmanaged, ISimd<S> => Sink = Sum<S>(data, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static unsafe float Sum<S>(F32 data, nint count) where S : unmanaged, ISimd<S>
    {
        S s0 = S.Zero, s1 = S.Zero, s2 = S.Zero, s3 = S.Zero, s4 = S.Zero, s5 = S.Zero, s6 = S.Zero, s7 = S.Zero;
        float* at = data.Pointer;
        for (float* end = at + count; at < end; at += 8 * S.Width)
        {
            s0 += S.Load(at);
            s1 += S.Load(at + S.Width);
            s2 += S.Load(at + 2 * S.Width);
            s3 += S.Load(at + 3 * S.Width);
            s4 += S.Load(at + 4 * S.Width);
            s5 += S.Load(at + 5 * S.Width);
            s6 += S.Load(at + 6 * S.Width);
            s7 += S.Load(at + 7 * S.Width);
        }

        return S.Sum(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7);
    }
}
