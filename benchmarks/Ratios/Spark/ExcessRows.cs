using ModelDsl.Kernels;
using ModelDsl.Memory;
using ModelDsl.Simd;

namespace ModelDsl.Benchmarks.Ratios.Spark;

/// <summary>y = max(x - threshold, 0), as the generator writes it; columns are a multiple of every vector.</summary>
internal readonly struct ExcessRows(F32 x, F32 thresholds, F32 y, int columns) : IRowKernel
{
    public int Accumulators => 0;

    public void Row<S>(nint row, F32 accumulators) where S : unmanaged, ISimd<S>
    {
        F32 source = x.At(row * columns), target = y.At(row * columns);
        S threshold = S.Broadcast(thresholds[row]);
        for (nint column = 0; column < columns; column += S.Width) target.Store(column, S.Max(S.Zero, source.Load<S, AllLanes>(column, default) - threshold), default(AllLanes));
    }

    public void Finish<S>(F32 accumulators) where S : unmanaged, ISimd<S>
    {
    }
}

/// <summary>Its gradient: dx = g - G · (1 / columns + slope · (x - mean)) with g the upstream gradient where x is above the threshold, 0 elsewhere, and G the sum of g.</summary>
internal readonly struct ExcessGradientRows(F32 x, F32 upstream, F32 thresholds, F32 means, F32 slopes, F32 gradient, int columns) : IRowKernel
{
    public int Accumulators => 0;

    public void Row<S>(nint row, F32 accumulators) where S : unmanaged, ISimd<S>
    {
        F32 source = x.At(row * columns), above = upstream.At(row * columns), target = gradient.At(row * columns);
        S threshold = S.Broadcast(thresholds[row]), mean = S.Broadcast(means[row]), sum = S.Zero, other = S.Zero;
        for (nint column = 0; column < columns; column += 2 * S.Width)
        {
            sum += S.Select(S.LessThan(threshold, source.Load<S, AllLanes>(column, default)), above.Load<S, AllLanes>(column, default), S.Zero);
            other += S.Select(S.LessThan(threshold, source.Load<S, AllLanes>(column + S.Width, default)), above.Load<S, AllLanes>(column + S.Width, default), S.Zero);
        }

        float total = S.Sum(sum + other);
        S shift = S.Broadcast(-total / columns), slope = S.Broadcast(-total * slopes[row]);
        for (nint column = 0; column < columns; column += S.Width)
        {
            S value = source.Load<S, AllLanes>(column, default);
            S own = S.Select(S.LessThan(threshold, value), above.Load<S, AllLanes>(column, default), S.Zero);
            target.Store(column, S.MultiplyAdd(value - mean, slope, own + shift), default(AllLanes));
        }
    }

    public void Finish<S>(F32 accumulators) where S : unmanaged, ISimd<S>
    {
    }
}
