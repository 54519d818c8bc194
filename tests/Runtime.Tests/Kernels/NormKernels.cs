using System.Runtime.CompilerServices;
using ModelDsl.Kernels;
using ModelDsl.Memory;
using ModelDsl.Simd;

namespace ModelDsl.Runtime.Tests.Kernels;

/// <summary>
/// RMS norm with its statistic, in the form generated kernels have: handles in locals, a reduction pass of four chains that hide
/// the latency of an addition, then a pointwise pass.
/// </summary>
internal readonly struct RmsNorm(F32 x, F32 weight, F32 y, F32 inverse, int columns, float epsilon) : IRowKernel
{
    public int Accumulators => 0;

    public void Row<S>(nint row, F32 accumulators) where S : unmanaged, ISimd<S>
    {
        F32 x0 = x.At(row * columns), y0 = y.At(row * columns), w0 = weight;
        nint count = columns, c = 0;
        S sum0 = S.Zero, sum1 = S.Zero, sum2 = S.Zero, sum3 = S.Zero;
        for (; c <= count - 4 * S.Width; c += 4 * S.Width)
        {
            Pass1<S, AllLanes>(x0, c, default, ref sum0);
            Pass1<S, AllLanes>(x0, c + S.Width, default, ref sum1);
            Pass1<S, AllLanes>(x0, c + 2 * S.Width, default, ref sum2);
            Pass1<S, AllLanes>(x0, c + 3 * S.Width, default, ref sum3);
        }

        for (; c <= count - S.Width; c += S.Width) Pass1<S, AllLanes>(x0, c, default, ref sum0);
        if (c < count) Pass1<S, FirstLanes>(x0, c, new FirstLanes((int)(count - c)), ref sum0);
        float scale = 1f / MathF.Sqrt(S.Sum((sum0 + sum1) + (sum2 + sum3)) / count + epsilon);
        inverse[row] = scale;

        S scales = S.Broadcast(scale);
        for (c = 0; c <= count - S.Width; c += S.Width) Pass2<S, AllLanes>(x0, w0, y0, c, default, scales);
        if (c < count) Pass2<S, FirstLanes>(x0, w0, y0, c, new FirstLanes((int)(count - c)), scales);
    }

    public void Finish<S>(F32 accumulators) where S : unmanaged, ISimd<S> { }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pass1<S, L>(F32 x, nint c, L lanes, ref S sum) where S : unmanaged, ISimd<S> where L : struct, ILanes
    {
        S v0 = x.Load<S, L>(c, lanes);
        sum = S.MultiplyAdd(v0, v0, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pass2<S, L>(F32 x, F32 weight, F32 y, nint c, L lanes, S scale) where S : unmanaged, ISimd<S> where L : struct, ILanes
        => y.Store(c, x.Load<S, L>(c, lanes) * scale * weight.Load<S, L>(c, lanes), lanes);
}

/// <summary>Backward of RMS norm: q = w·dy, dx = r·(q − x̂·mean(q·x̂)), dw = Σ over rows of dy·x̂ in the accumulators.</summary>
internal readonly struct RmsNormBackward(F32 x, F32 weight, F32 inverse, F32 dy, F32 dx, F32 dw, int columns, bool accumulate) : IRowKernel
{
    public int Accumulators => columns;

    public void Row<S>(nint row, F32 accumulators) where S : unmanaged, ISimd<S>
    {
        F32 x0 = x.At(row * columns), dy0 = dy.At(row * columns), dx0 = dx.At(row * columns), w0 = weight;
        nint count = columns, c = 0;
        S scale = S.Broadcast(inverse[row]);
        S sum0 = S.Zero, sum1 = S.Zero, sum2 = S.Zero, sum3 = S.Zero;
        for (; c <= count - 4 * S.Width; c += 4 * S.Width)
        {
            Pass1<S, AllLanes>(x0, w0, dy0, accumulators, c, default, scale, ref sum0);
            Pass1<S, AllLanes>(x0, w0, dy0, accumulators, c + S.Width, default, scale, ref sum1);
            Pass1<S, AllLanes>(x0, w0, dy0, accumulators, c + 2 * S.Width, default, scale, ref sum2);
            Pass1<S, AllLanes>(x0, w0, dy0, accumulators, c + 3 * S.Width, default, scale, ref sum3);
        }

        for (; c <= count - S.Width; c += S.Width) Pass1<S, AllLanes>(x0, w0, dy0, accumulators, c, default, scale, ref sum0);
        if (c < count) Pass1<S, FirstLanes>(x0, w0, dy0, accumulators, c, new FirstLanes((int)(count - c)), scale, ref sum0);

        S mean = S.Broadcast(S.Sum((sum0 + sum1) + (sum2 + sum3)) / count);
        for (c = 0; c <= count - S.Width; c += S.Width) Pass2<S, AllLanes>(x0, w0, dy0, dx0, c, default, scale, mean);
        if (c < count) Pass2<S, FirstLanes>(x0, w0, dy0, dx0, c, new FirstLanes((int)(count - c)), scale, mean);
    }

    public void Finish<S>(F32 accumulators) where S : unmanaged, ISimd<S>
    {
        for (int c = 0; c < columns; c++) dw[c] = accumulators[c] + (accumulate ? dw[c] : 0f);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pass1<S, L>(F32 x, F32 weight, F32 dy, F32 accumulators, nint c, L lanes, S scale, ref S sum)
        where S : unmanaged, ISimd<S>
        where L : struct, ILanes
    {
        S upstream = dy.Load<S, L>(c, lanes);
        S product = upstream * (x.Load<S, L>(c, lanes) * scale);
        sum = S.MultiplyAdd(product, weight.Load<S, L>(c, lanes), sum);
        accumulators.Add(c, product, lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pass2<S, L>(F32 x, F32 weight, F32 dy, F32 dx, nint c, L lanes, S scale, S mean)
        where S : unmanaged, ISimd<S>
        where L : struct, ILanes
    {
        S normed = x.Load<S, L>(c, lanes) * scale;
        S q = weight.Load<S, L>(c, lanes) * dy.Load<S, L>(c, lanes);
        dx.Store(c, scale * (q - normed * mean), lanes);
    }
}
