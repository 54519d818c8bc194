using ModelDsl.Memory;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

public static unsafe partial class RowKernels
{
    /// <summary>Moves a finished sum over rows to where it belongs: a gradient, overwritten or added to. For <see cref="IRowKernel.Finish"/>.</summary>
    /// <param name="sum">The sums [columns].</param>
    /// <param name="target">Where they belong [columns].</param>
    /// <param name="columns">How many.</param>
    /// <param name="accumulate">Add instead of overwriting.</param>
    public static void StoreSum<S>(F32 sum, F32 target, int columns, bool accumulate) where S : unmanaged, ISimd<S>
    {
        int column = 0;
        for (; column <= columns - S.Width; column += S.Width) Store<S, AllLanes>(sum, target, column, accumulate, default);
        if (column < columns) Store<S, FirstLanes>(sum, target, column, accumulate, new FirstLanes(columns - column));
    }

    private static void Store<S, L>(F32 sum, F32 target, int column, bool accumulate, L lanes) where S : unmanaged, ISimd<S> where L : struct, ILanes
    {
        S value = sum.Load<S, L>(column, lanes);
        target.Store(column, accumulate ? target.Load<S, L>(column, lanes) + value : value, lanes);
    }
}
