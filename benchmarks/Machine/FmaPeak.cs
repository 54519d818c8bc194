using System.Runtime.CompilerServices;
using ModelDsl.Simd;

namespace ModelDsl.Benchmarks.Machine;

/// <summary>The rate of fused multiply-adds that the cores can sustain: independent chains in registers, no memory.</summary>
internal static class FmaPeak
{
    private const int Loops = 4_000_000;

    /// <summary>Floating-point operations of a run on one thread: two a lane and multiply-add.</summary>
    public static double FlopsPerThread => 2.0 * Chains * Vectors.Width * Loops;

    // 512-bit vectors and arm64 have 32 registers, 256-bit ones 16; twelve chains hide the latency of two units too.
    private static int Chains => Vectors.Width == 8 ? 12 : 24;

    /// <summary>Where results go, so that they are computed.</summary>
    public static float Sink { get; private set; }

    /// <summary>Seconds of one run.</summary>
    public static double Run(int threads) => MachineLoad.Run(threads, static _ => Vectors.Run(default(Body)));

    private readonly struct Body : ISimdBody
    {
        public void Run<S>() where S : unmanaged, ISimd<S> => Sink = S.Sum(S.Width == 8 ? Twelve<S>() : TwentyFour<S>());
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static S Twelve<S>() where S : unmanaged, ISimd<S>
    {
        S b = S.Broadcast(0.999f), c = S.Broadcast(0.001f);
        S s0 = b, s1 = c, s2 = b, s3 = c, s4 = b, s5 = c, s6 = b, s7 = c, s8 = b, s9 = c, s10 = b, s11 = c;
        for (int i = 0; i < Loops; i++)
        {
            s0 = S.MultiplyAdd(s0, b, c);
            s1 = S.MultiplyAdd(s1, b, c);
            s2 = S.MultiplyAdd(s2, b, c);
            s3 = S.MultiplyAdd(s3, b, c);
            s4 = S.MultiplyAdd(s4, b, c);
            s5 = S.MultiplyAdd(s5, b, c);
            s6 = S.MultiplyAdd(s6, b, c);
            s7 = S.MultiplyAdd(s7, b, c);
            s8 = S.MultiplyAdd(s8, b, c);
            s9 = S.MultiplyAdd(s9, b, c);
            s10 = S.MultiplyAdd(s10, b, c);
            s11 = S.MultiplyAdd(s11, b, c);
        }

        return s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static S TwentyFour<S>() where S : unmanaged, ISimd<S>
    {
        S b = S.Broadcast(0.999f), c = S.Broadcast(0.001f);
        S s0 = b, s1 = c, s2 = b, s3 = c, s4 = b, s5 = c, s6 = b, s7 = c, s8 = b, s9 = c, s10 = b, s11 = c;
        S t0 = b, t1 = c, t2 = b, t3 = c, t4 = b, t5 = c, t6 = b, t7 = c, t8 = b, t9 = c, t10 = b, t11 = c;
        for (int i = 0; i < Loops; i++)
        {
            s0 = S.MultiplyAdd(s0, b, c);
            s1 = S.MultiplyAdd(s1, b, c);
            s2 = S.MultiplyAdd(s2, b, c);
            s3 = S.MultiplyAdd(s3, b, c);
            s4 = S.MultiplyAdd(s4, b, c);
            s5 = S.MultiplyAdd(s5, b, c);
            s6 = S.MultiplyAdd(s6, b, c);
            s7 = S.MultiplyAdd(s7, b, c);
            s8 = S.MultiplyAdd(s8, b, c);
            s9 = S.MultiplyAdd(s9, b, c);
            s10 = S.MultiplyAdd(s10, b, c);
            s11 = S.MultiplyAdd(s11, b, c);
            t0 = S.MultiplyAdd(t0, b, c);
            t1 = S.MultiplyAdd(t1, b, c);
            t2 = S.MultiplyAdd(t2, b, c);
            t3 = S.MultiplyAdd(t3, b, c);
            t4 = S.MultiplyAdd(t4, b, c);
            t5 = S.MultiplyAdd(t5, b, c);
            t6 = S.MultiplyAdd(t6, b, c);
            t7 = S.MultiplyAdd(t7, b, c);
            t8 = S.MultiplyAdd(t8, b, c);
            t9 = S.MultiplyAdd(t9, b, c);
            t10 = S.MultiplyAdd(t10, b, c);
            t11 = S.MultiplyAdd(t11, b, c);
        }

        return s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11
            + t0 + t1 + t2 + t3 + t4 + t5 + t6 + t7 + t8 + t9 + t10 + t11;
    }
}
